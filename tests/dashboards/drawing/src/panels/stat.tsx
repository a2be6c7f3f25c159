import { type FieldDisplay, getDisplayValueAlignmentFactors, getFieldDisplayValues, VizOrientation } from '@grafana/data';
import { BigValue, BigValueColorMode, BigValueGraphMode, BigValueJustifyMode, BigValueTextMode, useTheme2, VizRepeater } from '@grafana/ui';

import { fieldConfigOf } from '../fields';
import type { PanelProps } from '../panel';

const REDUCE = { calcs: ['lastNotNull'], values: false, fields: '' };

export function displayValues({ panel, frames, replaceVariables }: PanelProps, theme: any, sparkline = false) {
  return getFieldDisplayValues({
    fieldConfig: fieldConfigOf(panel),
    reduceOptions: { ...REDUCE, ...panel.options?.reduceOptions },
    replaceVariables: replaceVariables as any,
    theme,
    data: frames,
    sparkline,
    timeZone: 'utc',
  });
}

export function StatPanel(props: PanelProps) {
  const theme = useTheme2();
  const { panel, width, height, frames } = props;
  const options = panel.options ?? {};
  const graphMode = options.graphMode ?? BigValueGraphMode.Area;
  const values = displayValues(props, theme, graphMode !== BigValueGraphMode.None);
  return (
    <VizRepeater<FieldDisplay, any>
      getValues={() => values}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      source={frames}
      renderCounter={1}
      width={width}
      height={height}
      orientation={options.orientation ?? VizOrientation.Auto}
      autoGrid
      renderValue={({ value, width, height, count, alignmentFactors }) => (
        <BigValue
          value={value.display}
          count={count}
          sparkline={value.sparkline}
          colorMode={options.colorMode ?? BigValueColorMode.Value}
          graphMode={graphMode}
          justifyMode={options.justifyMode ?? BigValueJustifyMode.Auto}
          textMode={textMode(options.textMode, count)}
          alignmentFactors={alignmentFactors}
          text={options.text}
          width={width}
          height={height}
          theme={theme}
        />
      )}
    />
  );
}

/** One value has the panel's title for its name. */
function textMode(wanted: BigValueTextMode | undefined, count: number): BigValueTextMode {
  if (wanted && wanted !== BigValueTextMode.Auto) {
    return wanted;
  }
  return count === 1 ? BigValueTextMode.Value : BigValueTextMode.ValueAndName;
}
