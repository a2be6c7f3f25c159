import './problems';

import '@fontsource/inter/400.css';
import '@fontsource/inter/500.css';
import '@fontsource/roboto-mono/400.css';

import { createTheme, ThemeContext } from '@grafana/data';
import { GlobalStyles, PortalContainer } from '@grafana/ui';
import { createRoot } from 'react-dom/client';

import { Dashboard } from './dashboard';
import type { Drawing } from './model';

const answer = await fetch(new URLSearchParams(location.search).get('drawing') ?? 'drawing.json');
const drawing: Drawing = await answer.json();
const theme = createTheme({ colors: { mode: drawing.theme } });
// Axes are as wide as their labels, which are measured in Grafana's font before anything is drawn.
await Promise.all(['400 12px Inter', '500 12px Inter', '400 12px "Roboto Mono"'].map((font) => document.fonts.load(font)));
document.documentElement.dataset.theme = drawing.theme;
document.body.style.background = theme.colors.background.canvas;

createRoot(document.getElementById('root')!).render(
  <ThemeContext.Provider value={theme}>
    <GlobalStyles />
    <Dashboard drawing={drawing} />
    <PortalContainer />
  </ThemeContext.Provider>
);
