// From frames as the data source gives them to frames as a panel gets them: transformations, then field options.

import {
  applyFieldOverrides,
  type DataFrame,
  type Field,
  FieldConfigOptionsRegistry,
  type FieldConfigPropertyItem,
  FieldType,
  type GrafanaTheme2,
  standardTransformers,
  standardTransformersRegistry,
  toDataFrame,
  transformDataFrame,
} from '@grafana/data';
import { firstValueFrom } from 'rxjs';

import type { Frame, Panel } from './model';

const STANDARD = [
  'unit', 'min', 'max', 'decimals', 'displayName', 'color', 'noValue', 'links', 'mappings', 'thresholds',
  'filterable', 'fieldMinMax', 'description', 'actions',
];

// What the panel plugins of Grafana set where a dashboard says nothing.
const LINES = {
  drawStyle: 'line', lineInterpolation: 'linear', lineWidth: 1, fillOpacity: 0, gradientMode: 'none',
  spanNulls: false, insertNulls: false, showPoints: 'auto', pointSize: 5, barAlignment: 0, barWidthFactor: 0.6,
  axisPlacement: 'auto', axisLabel: '', axisColorMode: 'text', axisBorderShow: false, axisCenteredZero: false,
  scaleDistribution: { type: 'linear' }, stacking: { mode: 'none', group: 'A' },
  hideFrom: { tooltip: false, viz: false, legend: false }, thresholdsStyle: { mode: 'off' },
};
const PLUGIN_DEFAULTS: Record<string, any> = {
  timeseries: { color: { mode: 'palette-classic' }, custom: LINES },
  table: { color: { mode: 'thresholds' }, custom: { align: 'auto', inspect: false, cellOptions: { type: 'auto' } } },
};
const COLOUR = { color: { mode: 'thresholds' } };
const GREEN_UNTIL_80 = { mode: 'absolute', steps: [{ color: 'green', value: null }, { color: 'red', value: 80 }] };

standardTransformersRegistry.setInit(() => {
  // Some stand in the list twice, under an older name.
  const byId = new Map(Object.values(standardTransformers).map((one: any) => [one.id, one]));
  return [...byId.values()].map(({ id, name, ...rest }) => ({ id, name, transformation: async () => ({ id, name, ...rest }) }) as any);
});

export function toFrames(frames: Frame[]): DataFrame[] {
  return frames.map((frame) =>
    toDataFrame({
      refId: frame.refId,
      name: frame.name,
      meta: frame.meta,
      fields: frame.columns.map((column) => ({
        name: column.name,
        type: FieldType[column.type],
        values: column.values.map(numberOf),
        labels: column.labels,
        config: column.legend ? { displayNameFromDS: column.legend } : {},
      })),
    })
  );
}

/** JSON has neither infinity nor NaN, so they travel as Prometheus writes them. */
function numberOf(value: number | string | null): number | string | null {
  switch (value) {
    case '+Inf':
      return Infinity;
    case '-Inf':
      return -Infinity;
    case 'NaN':
      return NaN;
    default:
      return value;
  }
}

export function fieldConfigOf(panel: Panel): any {
  const given = panel.fieldConfig ?? { defaults: {}, overrides: [] };
  const plugin = PLUGIN_DEFAULTS[panel.type] ?? COLOUR;
  const defaults = { thresholds: GREEN_UNTIL_80, ...plugin, ...given.defaults };
  defaults.custom = { ...plugin.custom, ...given.defaults.custom };
  defaults.thresholds = withInfinity(defaults.thresholds);
  const overrides = given.overrides.map((rule: any) => ({
    ...rule,
    properties: rule.properties.map((property: any) =>
      property.id === 'thresholds' ? { ...property, value: withInfinity(property.value) } : property
    ),
  }));
  return { defaults, overrides };
}

function withInfinity(thresholds: any): any {
  const steps = thresholds.steps.map((step: any) => ({ ...step, value: step.value ?? -Infinity }));
  return { ...thresholds, steps };
}

export async function prepare(
  panel: Panel,
  frames: DataFrame[],
  theme: GrafanaTheme2,
  replaceVariables: (text: string) => string
): Promise<DataFrame[]> {
  const wanted = (panel.transformations ?? []).filter((transformation) => !transformation.disabled);
  for (const { id } of wanted) {
    if (!standardTransformersRegistry.getIfExists(id)) {
      throw new Error(`the page knows no transformation ${id}`);
    }
  }
  const transformed = await firstValueFrom(
    transformDataFrame(wanted, frames, { interpolate: replaceVariables } as any)
  );
  const fieldConfig = fieldConfigOf(panel);
  return applyFieldOverrides({
    data: transformed,
    fieldConfig,
    theme,
    replaceVariables: replaceVariables as any,
    timeZone: 'utc',
    fieldConfigRegistry: registryFor(fieldConfig),
  });
}

/** Grafana's own registry lives in its application; this one takes each option as it stands. */
function registryFor(fieldConfig: any): FieldConfigOptionsRegistry {
  const custom = new Set<string>(Object.keys(fieldConfig.defaults.custom ?? {}));
  for (const rule of fieldConfig.overrides) {
    for (const { id } of rule.properties) {
      if (id.startsWith('custom.')) {
        custom.add(id.slice('custom.'.length));
      }
    }
  }
  return new FieldConfigOptionsRegistry(() => [
    ...STANDARD.map((path) => option(path, path, false)),
    ...[...custom].map((path) => option(`custom.${path}`, path, true)),
  ]);
}

function option(id: string, path: string, isCustom: boolean): FieldConfigPropertyItem {
  const item = { id, path, name: id, isCustom, process: (value: any) => value, shouldApply: appliesTo(id), settings: {} };
  return item as any;
}

/** Numbers have numbers' options; the label of an axis is that of the values, not that of the time. */
function appliesTo(id: string): (field: Field) => boolean {
  switch (id) {
    case 'decimals':
    case 'min':
    case 'max':
      return ({ type }) => type === FieldType.number;
    case 'custom.axisLabel':
      return ({ type }) => type !== FieldType.time && type !== FieldType.string;
    default:
      return () => true;
  }
}
