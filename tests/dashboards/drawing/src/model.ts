// What the page is given: a dashboard, and for each of its panels what its queries answered.

import type { Annotation } from './panels/annotations';

export interface Panel {
  id: number;
  type: string;
  title?: string;
  description?: string;
  transparent?: boolean;
  timeFrom?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  options?: Record<string, any>;
  fieldConfig?: { defaults: Record<string, any>; overrides: any[] };
  transformations?: any[];
  collapsed?: boolean;
  panels?: Panel[];
}

export interface Column {
  name: string;
  type: 'time' | 'number' | 'string';
  values: Array<number | string | null>;
  labels?: Record<string, string>;
  /** The legend that the data source made of the query's `legendFormat`. */
  legend?: string;
}

export interface Frame {
  refId: string;
  name?: string;
  meta?: Record<string, any>;
  columns: Column[];
}

export interface Result {
  frames: Frame[];
  /** The panel's own range, where it does not show the dashboard's. */
  range?: Drawing['range'];
  error?: string;
}

export interface Drawing {
  dashboard: { title: string; panels: Panel[]; tags?: string[]; links?: Array<{ title: string; url?: string }> };
  /** Milliseconds since 1970. */
  range: { from: number; to: number };
  theme: 'dark' | 'light';
  width: number;
  /** What each variable stands for in titles and links, and how the variables' row shows it. */
  variables: Record<string, string>;
  shownVariables: Array<{ label: string; value: string }>;
  results: Record<string, Result>;
  annotations: Annotation[];
}
