// State timeline and status history: rows of coloured spans. Grafana's own are part of its application.

import { type DataFrame, type Field, FieldType, getFieldDisplayName, type GrafanaTheme2 } from '@grafana/data';
import { useTheme2, VizLegend } from '@grafana/ui';

import type { PanelProps } from '../panel';
import { TimeAxis } from './time_axis';

interface Span {
  from: number;
  to: number;
  color: string;
  text: string;
}

interface Line {
  name: string;
  spans: Span[];
}

const NAMES = 0.15;
const AXIS = 24;
const LEGEND = 28;

export function StateTimelinePanel(props: PanelProps) {
  return <States {...props} lines={linesOf(props, merged)} />;
}

export function StatusHistoryPanel(props: PanelProps) {
  return <States {...props} lines={linesOf(props, (spans) => spans)} />;
}

function linesOf({ frames, panel, timeRange }: PanelProps, join: (spans: Span[]) => Span[]): Line[] {
  const merge = panel.options?.mergeValues === false ? (spans: Span[]) => spans : join;
  return frames.flatMap((frame) => {
    const times = frame.fields.find(({ type }) => type === FieldType.time)?.values ?? [];
    const fields = frame.fields.filter(({ type }) => type !== FieldType.time);
    return fields.map((field) => ({
      name: getFieldDisplayName(field, frame, frames as DataFrame[]),
      spans: merge(spansOf(field, times, timeRange.to.valueOf(), join !== merged)),
    }));
  });
}

/** A value holds until the next sample, and a missing one ends it; a cell of a history is as wide as the step. */
function spansOf(field: Field, times: number[], end: number, cells: boolean): Span[] {
  const step = times.length > 1 ? times[1] - times[0] : 0;
  return times.flatMap((time, index) => {
    const value = field.values[index];
    if (value === null || value === undefined) {
      return [];
    }
    const { color, text, suffix } = field.display!(value);
    const next = Math.min(times[index + 1] ?? end, time + (cells ? step : Infinity));
    return [{ from: time, to: next, color: color ?? '#888', text: text + (suffix ?? '') }];
  });
}

function merged(spans: Span[]): Span[] {
  const result: Span[] = [];
  for (const span of spans) {
    const last = result.at(-1);
    if (last && last.text === span.text && last.color === span.color && last.to === span.from) {
      last.to = span.to;
    } else {
      result.push({ ...span });
    }
  }
  return result;
}

function valueFieldOf(frames: DataFrame[]): Field {
  return frames.flatMap(({ fields }) => fields).find(({ type }) => type !== FieldType.time)!;
}

function States({ panel, frames, width, height, timeRange, lines }: PanelProps & { lines: Line[] }) {
  const theme = useTheme2();
  const showLegend = panel.options?.legend?.showLegend !== false;
  const left = Math.max(...lines.map(({ name }) => name.length * 7), width * NAMES * 0.3) + 8;
  const [from, to] = [timeRange.from.valueOf(), timeRange.to.valueOf()];
  const inner = height - AXIS - (showLegend ? LEGEND : 0);
  const row = inner / lines.length;
  const share = panel.options?.rowHeight ?? 0.9;
  const x = (time: number) => left + ((Math.max(time, from) - from) / (to - from)) * (width - left);
  return (
    <div>
      <svg width={width} height={inner + AXIS} style={{ display: 'block' }}>
        {lines.map(({ name, spans }, index) => (
          <g key={index}>
            <text x={left - 8} y={(index + 0.5) * row + 4} textAnchor="end" fontSize={12} fill={theme.colors.text.primary}>
              {name}
            </text>
            {spans.map((span, number) => (
              <g key={number}>
                <rect
                  x={x(span.from)}
                  y={index * row + (row * (1 - share)) / 2}
                  width={Math.max(x(span.to) - x(span.from) - 1, 1)}
                  height={row * share}
                  fill={span.color}
                />
                {panel.options?.showValue !== 'never' && x(span.to) - x(span.from) > span.text.length * 8 && (
                  <text x={x(span.from) + 4} y={(index + 0.5) * row + 4} fontSize={12} fill={theme.colors.getContrastText(span.color)}>
                    {span.text}
                  </text>
                )}
              </g>
            ))}
          </g>
        ))}
        <TimeAxis from={from} to={to} left={left} width={width - left} top={inner} />
      </svg>
      {showLegend && <VizLegend items={legendOf(lines, valueFieldOf(frames), theme)} placement="bottom" displayMode={'list' as any} />}
    </div>
  );
}

/** The ranges of the thresholds where those give the colours, else each text that stands in a span. */
function legendOf(lines: Line[], field: Field, theme: GrafanaTheme2) {
  const { color, mappings, thresholds } = field.config;
  if (color?.mode === 'thresholds' && !mappings?.length && thresholds) {
    return thresholds.steps.map((step, index) => {
      const isLowest = step.value === -Infinity && index + 1 < thresholds.steps.length;
      const { text, suffix = '' } = field.display!(isLowest ? thresholds.steps[index + 1].value : step.value);
      const label = isLowest ? `< ${text}${suffix}` : `${text}${suffix}+`;
      return { label, color: theme.visualization.getColorByName(step.color), yAxis: 1 };
    });
  }
  const found = new Map(lines.flatMap(({ spans }) => spans.map(({ text, color }) => [text, color] as const)));
  return [...found].map(([label, color]) => ({ label, color, yAxis: 1 }));
}
