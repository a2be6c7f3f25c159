import { useTheme2 } from '@grafana/ui';

import { interpolator } from './interpolation';
import { boxOf, heightOf, opened } from './layout';
import type { Drawing, Panel } from './model';
import { DrawnPanel } from './panel';

const MARGIN = 16;
const HEAD = 84;

export function Dashboard({ drawing }: { drawing: Drawing }) {
  const panels = opened(drawing.dashboard.panels);
  const width = drawing.width - 2 * MARGIN;
  return (
    <main style={{ position: 'relative', width: drawing.width, height: heightOf(panels) + HEAD + MARGIN }}>
      <Head drawing={drawing} />
      {panels.map((panel) => (
        <div
          key={panel.id}
          style={{ position: 'absolute', ...shifted(boxOf(panel.gridPos, width)) }}
          data-panel-id={panel.id}
          data-panel-type={panel.type}
        >
          {panel.type === 'row' ? (
            <Row panel={panel} drawing={drawing} />
          ) : (
            <DrawnPanel panel={panel} drawing={drawing} box={boxOf(panel.gridPos, width)} />
          )}
        </div>
      ))}
    </main>
  );
}

function shifted(box: ReturnType<typeof boxOf>) {
  return { ...box, left: box.left + MARGIN, top: box.top + HEAD };
}

function Row({ panel, drawing }: { panel: Panel; drawing: Drawing }) {
  const theme = useTheme2();
  return (
    <h2 style={{ ...theme.typography.h6, lineHeight: '30px', margin: 0 }}>
      {'▾ '}
      {interpolator(drawing.variables)(panel.title ?? '')}
    </h2>
  );
}

function Head({ drawing }: { drawing: Drawing }) {
  const theme = useTheme2();
  const { dashboard, range, shownVariables } = drawing;
  const until = (time: number) => new Date(time).toISOString().slice(0, 16).replace('T', ' ');
  const label = { padding: '4px 8px', border: `1px solid ${theme.colors.border.weak}`, borderRadius: 2 };
  return (
    <header style={{ position: 'absolute', left: MARGIN, right: MARGIN, top: 8 }}>
      <div style={{ display: 'flex', gap: 16, alignItems: 'baseline' }}>
        <h1 style={{ ...theme.typography.h4, margin: 0, flex: 1 }}>{dashboard.title}</h1>
        {(dashboard.links ?? []).map((link) => (
          <span key={link.title} style={{ ...label, color: theme.colors.text.link }}>
            {link.title}
          </span>
        ))}
        <span style={{ color: theme.colors.text.secondary }}>
          {until(range.from)} to {until(range.to)} UTC
        </span>
      </div>
      <div style={{ display: 'flex', gap: 8, marginTop: 8 }}>
        {shownVariables.map(({ label: name, value }) => (
          <span key={name} style={label}>
            <span style={{ color: theme.colors.text.secondary }}>{name}</span> {value}
          </span>
        ))}
      </div>
    </header>
  );
}
