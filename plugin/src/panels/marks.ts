import { dataLayers, SceneDataLayerSet } from '@grafana/scenes';
import { DATASOURCE_ID } from '../constants';
import type { AnnotationKind } from '../datasource/types';
import { t } from '../i18n';

export const markKinds = ['scaling', 'healing', 'events', 'changes', 'forecasts'] as const satisfies AnnotationKind[];
export type MarkKind = (typeof markKinds)[number];

const colors: Record<MarkKind, string> = {
  scaling: 'green',
  healing: 'red',
  events: 'purple',
  changes: 'blue',
  forecasts: 'orange',
};

/** What a kind of marks is called. */
export function markName(kind: MarkKind): string {
  const names: Record<MarkKind, string> = {
    scaling: t('marks.scaling', 'Scaling'),
    healing: t('marks.healing', 'Healing'),
    events: t('marks.events', 'Known events'),
    changes: t('marks.changes', 'Changes'),
    forecasts: t('marks.surprises', 'Not foreseen'),
  };
  return names[kind];
}

/** Marks on a chart, a layer for each kind, so that each can be switched on and off by itself. */
export class ChartMarks extends SceneDataLayerSet {
  constructor(uid: string, shown: readonly MarkKind[]) {
    super({
      layers: markKinds.map(
        (kind) =>
          new dataLayers.AnnotationsDataLayer({
            key: kind,
            name: markName(kind),
            isEnabled: shown.includes(kind),
            query: queryOf(uid, kind, '', shown.includes(kind)),
          }),
      ),
    });
  }

  /** Draws these kinds, of this workload. */
  show(shown: readonly MarkKind[], workload: string) {
    for (const layer of this.state.layers) {
      if (!(layer instanceof dataLayers.AnnotationsDataLayer)) continue;
      const kind = layer.state.key as MarkKind;
      const isEnabled = shown.includes(kind);
      const asked = layer.state.query.target as unknown as { workload: string };
      const uid = layer.state.query.datasource?.uid ?? '';
      const isOther = asked.workload !== workload;
      if (isOther) layer.setState({ query: queryOf(uid, kind, workload, isEnabled) });
      if (layer.state.isEnabled !== isEnabled) layer.setState({ isEnabled });
      else if (isOther && isEnabled && layer.isActive) layer.runLayer();
    }
  }
}

function queryOf(uid: string, kind: MarkKind, workload: string, enable: boolean) {
  const datasource = { type: DATASOURCE_ID, uid };
  const target = { refId: 'Anno', queryType: 'annotations', kind, workload, datasource };
  return { name: markName(kind), enable, iconColor: colors[kind], datasource, target: target as never };
}
