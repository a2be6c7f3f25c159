import { type FieldDisplay, getDisplayValueAlignmentFactors, VizOrientation } from '@grafana/data';
import { BarGauge, BarGaugeDisplayMode, useTheme2, VizRepeater } from '@grafana/ui';

import type { PanelProps } from '../panel';
import { displayValues } from './stat';

export function BarGaugePanel(props: PanelProps) {
  const theme = useTheme2();
  const { panel, width, height, frames } = props;
  const options = panel.options ?? {};
  return (
    <VizRepeater<FieldDisplay, any>
      getValues={() => displayValues(props, theme)}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      source={frames}
      renderCounter={1}
      width={width}
      height={height}
      minVizHeight={options.minVizHeight ?? 16}
      maxVizHeight={options.maxVizHeight ?? 300}
      minVizWidth={options.minVizWidth ?? 8}
      orientation={options.orientation ?? VizOrientation.Auto}
      renderValue={({ value, width, height, count, alignmentFactors, orientation }) => (
        <BarGauge
          value={nameless(value, count)}
          field={value.field}
          display={value.view?.getFieldDisplayProcessor(value.colIndex!)}
          width={width}
          height={height}
          orientation={orientation}
          text={options.text}
          theme={theme}
          itemSpacing={10}
          displayMode={options.displayMode ?? BarGaugeDisplayMode.Gradient}
          valueDisplayMode={options.valueMode}
          namePlacement={options.namePlacement}
          showUnfilled={options.showUnfilled ?? true}
          alignmentFactors={alignmentFactors}
        />
      )}
    />
  );
}

/** A single bar needs no name beside the panel's title, unless the field has one of its own. */
function nameless({ display, field }: FieldDisplay, count: number) {
  return count === 1 && !field.displayName ? { ...display, title: undefined } : display;
}
