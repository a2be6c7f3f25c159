// Variables in titles, texts and links, as far as dashboards of this project use them.

import type { ScopedVars } from '@grafana/data';

const VARIABLE = /\$\{([\w.]+)(?:\["?([^"\]]+)"?\])?(?::\w+)?(?:\["?([^"\]]+)"?\])?\}|\$(\w+)/g;

export function interpolator(variables: Record<string, string>) {
  return (text: string, scoped: ScopedVars = {}): string =>
    String(text ?? '').replace(VARIABLE, (whole, braced, key1, key2, bare) => {
      const path = (braced ?? bare).split('.');
      const name = path.join('.');
      if (name in variables) {
        return variables[name];
      }
      if (name.startsWith('__data.fields')) {
        return cellOf(scoped, key1 ?? key2 ?? path[2]) ?? whole;
      }
      if (name.startsWith('__value')) {
        return valueOf(scoped) ?? whole;
      }
      const scope = scoped[path[0]];
      return scope ? String(path.slice(1).reduce((value: any, part: string) => value?.[part], scope.value) ?? whole) : whole;
    });
}

function cellOf(scoped: ScopedVars, column: string): string | undefined {
  const context = scoped.__dataContext?.value;
  const field = context?.frame.fields.find((f: any) => f.name === column || f.state?.displayName === column);
  const value = field?.values[context?.rowIndex ?? 0];
  return value === undefined ? undefined : String(value);
}

function valueOf(scoped: ScopedVars): string | undefined {
  const context = scoped.__dataContext?.value;
  const value = context?.field?.values[context.rowIndex ?? 0];
  return value === undefined ? undefined : String(value);
}
