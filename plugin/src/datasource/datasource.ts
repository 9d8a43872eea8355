import { CoreApp, type AnnotationQuery, type DataSourceInstanceSettings, type ScopedVars } from '@grafana/data';
import { DataSourceWithBackend, getTemplateSrv } from '@grafana/runtime';
import { AnnotationQueryEditor } from './components/AnnotationQueryEditor';
import { isComplete, withDefaults } from './default-query';
import { interpolateQuery, type Templates } from './interpolate';
import type { AmadeusOptions, AmadeusQuery, VariableType } from './types';
import { AmadeusVariableSupport } from './variables';

export interface NamedValue {
  text: string;
  value: string;
}

/** Asks the executable beside it; nothing of an answer is changed here, so that public dashboards and alerts see the same. */
export class AmadeusDatasource extends DataSourceWithBackend<AmadeusQuery, AmadeusOptions> {
  constructor(
    settings: DataSourceInstanceSettings<AmadeusOptions>,
    private readonly templates: Templates = getTemplateSrv(),
  ) {
    super(settings);
    this.annotations = {
      QueryEditor: AnnotationQueryEditor,
      getDefaultQuery: () => withDefaults({ queryType: 'annotations', kind: 'changes' }),
      prepareAnnotation: (annotation: AnnotationQuery<AmadeusQuery>) => ({
        ...annotation,
        target: { ...withDefaults({ ...annotation.target, queryType: 'annotations' }), refId: 'Anno' },
      }),
    };
    // The editor of a variable gets this data source, not any; the declared type cannot say so.
    this.variables = new AmadeusVariableSupport(this);
  }

  override getDefaultQuery(app: CoreApp): Partial<AmadeusQuery> {
    return withDefaults(
      app === CoreApp.CloudAlerting || app === CoreApp.UnifiedAlerting ? { series: ['predicted'] } : {},
    );
  }

  override filterQuery(query: AmadeusQuery): boolean {
    return isComplete(query);
  }

  override applyTemplateVariables(query: AmadeusQuery, scopedVars: ScopedVars): AmadeusQuery {
    return interpolateQuery(withDefaults(query), this.templates, scopedVars);
  }

  override interpolateVariablesInQueries(queries: AmadeusQuery[], scopedVars: ScopedVars): AmadeusQuery[] {
    return queries.map((query) => ({
      ...interpolateQuery(withDefaults(query), this.templates, scopedVars),
      datasource: this.getRef(),
    }));
  }

  override getQueryDisplayText(query: AmadeusQuery): string {
    const full = withDefaults(query);
    if (full.queryType === 'cost') return [full.metric, ...(full.groupBy ?? [])].join(' · ');
    const { workload, unit, measure, budget, groupBy = [], by } = full;
    return [full.queryType, workload, unit, measure, budget, by, ...groupBy].filter(Boolean).join(' · ');
  }

  /** Workloads, dimensions or the values of a dimension whose text contains `search`. */
  async list(type: VariableType, options: { dim?: string; search?: string } = {}): Promise<NamedValue[]> {
    const answer: { values?: NamedValue[] } = await this.getResource('variables', {
      type,
      ...(options.dim ? { dim: options.dim } : {}),
      ...(options.search ? { search: options.search } : {}),
    });
    return answer.values ?? [];
  }

  replace(text: string): string {
    return this.templates.replace(text);
  }
}
