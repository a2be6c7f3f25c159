import { useTheme2 } from '@grafana/ui';

const MINUTE = 60_000;
const STEPS = [1, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7200, 14400].map((minutes) => minutes * MINUTE);
const SPACE = 90;

/** Ticks at round moments in UTC, as many as have room. */
export function TimeAxis({ from, to, left, width, top }: { from: number; to: number; left: number; width: number; top: number }) {
  const theme = useTheme2();
  const step = STEPS.find((length) => (length / (to - from)) * width > SPACE) ?? STEPS.at(-1)!;
  const ticks: number[] = [];
  for (let time = Math.ceil(from / step) * step; time <= to; time += step) {
    ticks.push(time);
  }
  return (
    <>
      {ticks.map((time) => (
        <text
          key={time}
          x={left + ((time - from) / (to - from)) * width}
          y={top + 16}
          textAnchor="middle"
          fontSize={12}
          fill={theme.colors.text.primary}
        >
          {wordsFor(time, step)}
        </text>
      ))}
    </>
  );
}

function wordsFor(time: number, step: number): string {
  const text = new Date(time).toISOString();
  return step >= 1440 * MINUTE ? text.slice(5, 10) : text.slice(11, 16);
}
