import { type DataFrame, dateTime, FieldType, renderMarkdown, type TimeRange } from '@grafana/data';
import { PanelChrome, useTheme2 } from '@grafana/ui';
import { Component, type ReactNode, useEffect, useState } from 'react';

import { prepare, toFrames } from './fields';
import { interpolator } from './interpolation';
import type { Box } from './layout';
import type { Drawing, Panel } from './model';
import type { Annotation } from './panels/annotations';
import { BarGaugePanel } from './panels/bar_gauge';
import { HeatmapPanel } from './panels/heatmap';
import { LogsPanel } from './panels/logs';
import { StatPanel } from './panels/stat';
import { StateTimelinePanel, StatusHistoryPanel } from './panels/states';
import { TablePanel } from './panels/table';
import { TimeSeriesPanel } from './panels/time_series';

export interface PanelProps {
  panel: Panel;
  frames: DataFrame[];
  width: number;
  height: number;
  timeRange: TimeRange;
  annotations: Annotation[];
  replaceVariables: (text: string) => string;
}

const PANELS: Record<string, (props: PanelProps) => ReactNode> = {
  timeseries: TimeSeriesPanel,
  stat: StatPanel,
  table: TablePanel,
  bargauge: BarGaugePanel,
  heatmap: HeatmapPanel,
  'state-timeline': StateTimelinePanel,
  'status-history': StatusHistoryPanel,
  logs: LogsPanel,
};

export function DrawnPanel({ panel, drawing, box }: { panel: Panel; drawing: Drawing; box: Box }) {
  const replace = interpolator(drawing.variables);
  return (
    <PanelChrome
      title={replace(panel.title ?? '')}
      description={panel.description}
      titleItems={panel.timeFrom && <span style={{ fontSize: 12 }}>Last {panel.timeFrom}</span>}
      width={box.width}
      height={box.height}
      displayMode={panel.transparent ? 'transparent' : 'default'}
      padding={panel.type === 'table' ? 'none' : 'md'}
    >
      {(width, height) => (
        <Failsafe>
          {panel.type === 'text' ? (
            <Text panel={panel} replace={replace} />
          ) : (
            <WithData panel={panel} drawing={drawing} width={width} height={height} />
          )}
        </Failsafe>
      )}
    </PanelChrome>
  );
}

function WithData({ panel, drawing, width, height }: { panel: Panel; drawing: Drawing; width: number; height: number }) {
  const theme = useTheme2();
  const [frames, setFrames] = useState<DataFrame[]>();
  const [error, setError] = useState(drawing.results[panel.id]?.error);
  const replaceVariables = interpolator(drawing.variables);
  useEffect(() => {
    const given = toFrames(drawing.results[panel.id]?.frames ?? []);
    prepare(panel, given, theme, replaceVariables).then(setFrames, (problem) => setError(String(problem)));
  }, []);
  const Drawn = PANELS[panel.type];
  if (error || !Drawn) {
    return <Message state="error">{error ?? `the page draws no panel of the type ${panel.type}`}</Message>;
  }
  if (!frames) {
    return <Message state="waiting">Loading</Message>;
  }
  if (!hasValues(frames)) {
    return <Message state="empty">{panel.fieldConfig?.defaults.noValue ?? 'No data'}</Message>;
  }
  return (
    <div data-state="drawn" style={{ width, height }}>
      <Drawn
        panel={panel}
        frames={frames}
        width={width}
        height={height}
        timeRange={timeRangeOf(drawing.results[panel.id]?.range ?? drawing.range)}
        annotations={drawing.annotations}
        replaceVariables={replaceVariables}
      />
    </div>
  );
}

function hasValues(frames: DataFrame[]): boolean {
  return frames.some(({ fields }) =>
    fields.some(({ type, values }) => type !== FieldType.time && values.some((value: unknown) => value !== null))
  );
}

function timeRangeOf(range: Drawing['range']): TimeRange {
  const [from, to] = [dateTime(range.from), dateTime(range.to)];
  return { from, to, raw: { from, to } };
}

function Text({ panel, replace }: { panel: Panel; replace: (text: string) => string }) {
  const html = renderMarkdown(replace(panel.options?.content ?? ''));
  return <div data-state="drawn" className="markdown-html" dangerouslySetInnerHTML={{ __html: html }} />;
}

function Message({ state, children }: { state: string; children: ReactNode }) {
  return (
    <div data-state={state} style={{ display: 'grid', placeItems: 'center', height: '100%', overflow: 'hidden' }}>
      <div>{children}</div>
    </div>
  );
}

/** One panel that cannot be drawn must not take the others with it. */
class Failsafe extends Component<{ children: ReactNode }, { error?: string }> {
  state: { error?: string } = {};

  static getDerivedStateFromError(error: unknown) {
    return { error: String(error) };
  }

  render() {
    return this.state.error ? <Message state="error">{this.state.error}</Message> : this.props.children;
  }
}
