import type { QueryEditorProps } from '@grafana/data';
import { Stack } from '@grafana/ui';
import type { AmadeusDatasource } from '../datasource';
import { withDefaults } from '../default-query';
import type { AmadeusOptions, AmadeusQuery } from '../types';
import { AnnotationFields } from './AnnotationFields';

/** The editor under a dashboard's "Annotations": which events, of which workload. */
export function AnnotationQueryEditor(props: QueryEditorProps<AmadeusDatasource, AmadeusQuery, AmadeusOptions>) {
  const query = withDefaults({ ...props.query, queryType: 'annotations' as const });
  return (
    <Stack direction="column" gap={1}>
      <AnnotationFields
        query={query}
        datasource={props.datasource}
        change={(part) => props.onChange({ ...query, ...part })}
      />
    </Stack>
  );
}
