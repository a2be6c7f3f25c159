// A heat map of buckets over time. Grafana's own is part of its application.

import { type Field, FieldType, getDisplayProcessor, getFieldDisplayName } from '@grafana/data';
import { useTheme2 } from '@grafana/ui';
import { interpolateRgbBasis } from 'd3-interpolate';
import * as schemes from 'd3-scale-chromatic';

import type { PanelProps } from '../panel';
import { TimeAxis } from './time_axis';

const AXIS = 24;
const SCALE = 28;

// Grafana turns some of d3's schemes round, so that much stands out from the background.
const INVERTED_ON_DARK = /^(Blues|Greens|Greys|Oranges|Purples|Reds|Bu\w+|GnBu|OrRd|Pu\w+|RdPu|YlGn|YlGnBu|YlOrBr|YlOrRd)$/;
const INVERTED = ['RdYlGn', 'Spectral'];

export function HeatmapPanel({ panel, frames, width, height, timeRange }: PanelProps) {
  const theme = useTheme2();
  const options = panel.options ?? {};
  const times: number[] = frames[0].fields.find(({ type }) => type === FieldType.time)?.values ?? [];
  const rows = frames.flatMap((frame) =>
    frame.fields.filter(({ type }) => type === FieldType.number).map((field) => ({ field, name: getFieldDisplayName(field, frame, frames) }))
  );
  if (options.yAxis?.reverse) {
    rows.reverse();
  }
  const paint = painter(options.color ?? {}, options.filterValues?.le ?? -Infinity, rows.map(({ field }) => field), theme.isDark);
  const unit = options.yAxis?.unit;
  const axis = getDisplayProcessor({ field: { config: { unit, decimals: options.yAxis?.decimals } } as any, theme });
  const label = (name: string) => (unit && !Number.isNaN(Number(name)) ? words(axis(Number(name))) : name);
  const showsScale = options.legend?.show !== false;
  const left = Math.max(...rows.map(({ name }) => label(name).length)) * 7.5 + 12;
  const inner = height - AXIS - (showsScale ? SCALE : 0);
  const [from, to] = [timeRange.from.valueOf(), timeRange.to.valueOf()];
  const x = (time: number) => left + ((time - from) / (to - from)) * (width - left);
  const step = times.length > 1 ? times[1] - times[0] : to - from;
  const row = inner / rows.length;
  const every = Math.ceil(18 / row);
  return (
    <svg width={width} height={height} style={{ display: 'block' }}>
      {rows.map(({ field, name }, index) => {
        const y = inner - (index + 1) * row;
        return (
          <g key={index}>
            {index % every === 0 && (
              <text x={left - 8} y={y + row / 2 + 4} textAnchor="end" fontSize={12} fill={theme.colors.text.primary}>
                {label(name)}
              </text>
            )}
            {times.map((time, at) => {
              const color = paint.color(field.values[at]);
              const [start, end] = [Math.max(x(time - step), left), x(time)];
              return color && end > start ? (
                <rect key={time} x={start} y={y} width={Math.max(end - start - 1, 1)} height={Math.max(row - 1, 1)} fill={color} />
              ) : null;
            })}
          </g>
        );
      })}
      <TimeAxis from={from} to={to} left={left} width={width - left} top={inner} />
      {showsScale && <Scale paint={paint} left={left} top={height - SCALE + 8} width={Math.min(300, width - left)} field={rows[0].field} />}
    </svg>
  );
}

function words({ prefix, text, suffix }: { prefix?: string; text: string; suffix?: string }): string {
  return `${prefix ?? ''}${text}${suffix ?? ''}`;
}

/** Colours between the least and the greatest value; nothing for what is missing or hidden. */
function painter(color: any, hiddenUpTo: number, fields: Field[], isDark: boolean) {
  const numbers = fields.flatMap(({ values }) => values.filter((value: any) => Number.isFinite(value)));
  const least = color.min ?? Math.min(...numbers);
  const most = color.max ?? Math.max(...numbers);
  const given = (schemes as any)[`interpolate${color.scheme ?? 'Oranges'}`] ?? interpolateRgbBasis(['#333', color.fill ?? 'orange']);
  const inverted = INVERTED_ON_DARK.test(color.scheme ?? 'Oranges') ? isDark : INVERTED.includes(color.scheme);
  const scheme = inverted !== Boolean(color.reverse) ? (share: number) => given(1 - share) : given;
  const exponent = color.scale === 'linear' ? 1 : (color.exponent ?? 0.5);
  const share = (value: number) => (most > least ? Math.min(Math.max((value - least) / (most - least), 0), 1) ** exponent : 1);
  const shown = (value: any) => Number.isFinite(value) && value > hiddenUpTo;
  return { least, most, scheme, color: (value: any) => (shown(value) ? scheme(share(value)) : undefined) };
}

function Scale({ paint, left, top, width, field }: { paint: ReturnType<typeof painter>; left: number; top: number; width: number; field: Field }) {
  const theme = useTheme2();
  const end = (value: number) => words(field.display!(value));
  return (
    <g fontSize={12} fill={theme.colors.text.primary}>
      {Array.from({ length: 50 }, (_, part) => (
        <rect key={part} x={left + (part * width) / 50} y={top} width={width / 50 + 0.5} height={6} fill={paint.scheme(part / 49)} />
      ))}
      <text x={left} y={top + 18}>{end(paint.least)}</text>
      <text x={left + width} y={top + 18} textAnchor="end">{end(paint.most)}</text>
    </g>
  );
}
