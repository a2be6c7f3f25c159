import { cacheFieldDisplayNames } from '@grafana/data';
import { TableNG } from '@grafana/ui/unstable';

import { fieldConfigOf } from '../fields';
import type { PanelProps } from '../panel';

export function TablePanel({ panel, frames, width, height, timeRange }: PanelProps) {
  const options = panel.options ?? {};
  cacheFieldDisplayNames(frames);
  return (
    <TableNG
      data={frames[options.frameIndex ?? 0]}
      width={width}
      height={height}
      noHeader={options.showHeader === false}
      sortBy={options.sortBy}
      cellHeight={options.cellHeight ?? 'sm'}
      enablePagination={options.footer?.enablePagination}
      timeRange={timeRange}
      fieldConfig={fieldConfigOf(panel)}
      enableVirtualization={false}
    />
  );
}
