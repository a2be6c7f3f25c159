// Annotations as Grafana marks them on a graph: a dashed line at a moment, a tinted span with a bar below it.

import { type UPlotConfigBuilder, useTheme2 } from '@grafana/ui';
import { useLayoutEffect } from 'react';

export interface Annotation {
  time: number;
  timeEnd?: number;
  text: string;
  color: string;
}

export function AnnotationMarks({ config, annotations }: { config: UPlotConfigBuilder; annotations: Annotation[] }) {
  const { visualization } = useTheme2();
  useLayoutEffect(() => {
    const coloured = annotations.map((one) => ({ ...one, color: visualization.getColorByName(one.color) }));
    config.addHook('draw', (plot) => coloured.forEach((annotation) => mark(plot, annotation)));
  }, [config]);
  return null;
}

function mark(plot: any, { time, timeEnd, color }: Annotation) {
  const { left, top, width, height } = plot.bbox;
  const clamp = (at: number) => Math.min(Math.max(plot.valToPos(at, 'x', true), left), left + width);
  const [start, end] = [clamp(time), clamp(timeEnd ?? time)];
  if (end <= left || start >= left + width) {
    return;
  }
  const context = plot.ctx;
  context.save();
  context.strokeStyle = context.fillStyle = color;
  context.setLineDash([5, 5]);
  for (const at of [start, end]) {
    context.beginPath();
    context.moveTo(at, top);
    context.lineTo(at, top + height);
    context.stroke();
  }
  context.globalAlpha = 0.1;
  context.fillRect(start, top, end - start, height);
  context.globalAlpha = 1;
  context.fillRect(start, top + height, Math.max(end - start, 6), 4);
  context.restore();
}
