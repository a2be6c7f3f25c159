import { FieldType } from '@grafana/data';
import { useTheme2 } from '@grafana/ui';

import type { PanelProps } from '../panel';

/** The lines of a log query; Grafana's own list of them is part of its application. */
export function LogsPanel({ frames, height }: PanelProps) {
  const theme = useTheme2();
  const rows = frames.flatMap(({ fields }) => {
    const times = fields.find(({ type }) => type === FieldType.time)?.values ?? [];
    const lines = fields.find(({ type }) => type === FieldType.string)?.values ?? [];
    return lines.map((line: string, row: number) => ({ time: times[row], line }));
  });
  return (
    <div style={{ height, overflow: 'hidden', fontFamily: theme.typography.fontFamilyMonospace, fontSize: 12 }}>
      {rows.map(({ time, line }, row) => (
        <div key={row} style={{ whiteSpace: 'nowrap', borderLeft: `3px solid ${theme.colors.success.main}`, paddingLeft: 8 }}>
          <span style={{ color: theme.colors.text.secondary }}>{new Date(time).toISOString().replace('T', ' ')}</span> {line}
        </div>
      ))}
    </div>
  );
}
