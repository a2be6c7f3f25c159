// Grafana's grid: 24 columns, rows of 30 px, gaps of 8 px; what a collapsed row holds comes below it.

import type { Panel } from './model';

const COLUMNS = 24;
const ROW = 30;
const GAP = 8;

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export function boxOf({ x, y, w, h }: Panel['gridPos'], width: number): Box {
  const column = (width - GAP * (COLUMNS - 1)) / COLUMNS;
  return {
    left: Math.round(x * (column + GAP)),
    top: y * (ROW + GAP),
    width: Math.round(w * column + (w - 1) * GAP),
    height: h * ROW + (h - 1) * GAP,
  };
}

/** All panels in one list, as after a click on each collapsed row. */
export function opened(panels: Panel[]): Panel[] {
  const result: Panel[] = [];
  let pushed = 0;
  const sorted = [...panels].sort((a, b) => a.gridPos.y - b.gridPos.y || a.gridPos.x - b.gridPos.x);
  for (const panel of sorted) {
    const here = moved(panel, pushed);
    result.push(here);
    if (panel.type === 'row' && panel.collapsed && panel.panels?.length) {
      const first = Math.min(...panel.panels.map((inner) => inner.gridPos.y));
      const last = Math.max(...panel.panels.map((inner) => inner.gridPos.y + inner.gridPos.h));
      const down = here.gridPos.y + here.gridPos.h - first;
      result.push(...panel.panels.map((inner) => moved(inner, down)));
      pushed += last - first;
    }
  }
  return result;
}

export function heightOf(panels: Panel[]): number {
  return Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h)) * (ROW + GAP);
}

function moved(panel: Panel, down: number): Panel {
  return { ...panel, gridPos: { ...panel.gridPos, y: panel.gridPos.y + down } };
}
