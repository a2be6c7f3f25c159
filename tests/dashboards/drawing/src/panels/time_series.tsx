import { TimeSeries } from '@grafana/ui';

import type { PanelProps } from '../panel';
import { AnnotationMarks } from './annotations';

const LEGEND = { displayMode: 'list', placement: 'bottom', calcs: [], showLegend: true };

export function TimeSeriesPanel({ panel, frames, width, height, timeRange, annotations }: PanelProps) {
  return (
    <TimeSeries
      frames={frames}
      width={width}
      height={height}
      timeRange={timeRange}
      timeZone="utc"
      legend={{ ...LEGEND, ...panel.options?.legend }}
      options={panel.options}
    >
      {(config) => <AnnotationMarks config={config} annotations={annotations} />}
    </TimeSeries>
  );
}
