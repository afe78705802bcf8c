import { createProgress } from "../audit/progress.ts";

/** One line for each step, drawn over and over. */
export function createStepScreen() {
  const progress = createProgress(process.stderr);
  let [step, beganMs]: [string | undefined, number] = [undefined, 0];
  const say = (line: string): void => {
    progress.clear();
    process.stderr.write(`leix: ${line}\n`);
  };
  return {
    say,
    clear: () => progress.clear(),
    draw(next: string, checked: number, total: number): void {
      if (next !== step) {
        [step, beganMs] = [next, performance.now()];
        say(next);
      }
      progress.draw({ checked, total, elapsedMs: performance.now() - beganMs });
    },
  };
}
