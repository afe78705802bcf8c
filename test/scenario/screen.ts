import pc from "picocolors";

/** What a step found to be otherwise than the story tells. */
export class NotAsTold extends Error {
  override readonly name = "NotAsTold";
}

/** Throws `NotAsTold` unless the condition holds: the one way in which a step can end badly. */
export function expectTold(condition: unknown, told: string): asserts condition {
  if (!condition) throw new NotAsTold(told);
}

/** The story as it is told on a terminal, and whether each step ended as told. */
export interface Screen {
  heading(text: string): void;
  /** One line of what happens. */
  tell(text: string): void;
  /** A line that stands for itself: a rule, a source, a place. */
  show(label: string, text: string): void;
  /** Runs one step. A step that does not end as told is shown as failed and thrown on. */
  step<T>(title: string, work: () => Promise<T>): Promise<T>;
  readonly steps: number;
}

const LABEL_WIDTH = 12;

export function createScreen(write: (line: string) => void): Screen {
  let steps = 0;
  const tell = (text: string) => write(`   ${text}`);
  return {
    get steps() {
      return steps;
    },
    heading: (text) => write(`\n${pc.bold(text)}`),
    tell,
    show: (label, text) => tell(`${pc.dim(label.padEnd(LABEL_WIDTH))}${text}`),
    async step(title, work) {
      steps++;
      write(`\n${pc.cyan(`${steps}.`.padStart(3))}${pc.bold(` ${title}`)}`);
      try {
        const result = await work();
        tell(pc.green("✓ as told"));
        return result;
      } catch (error) {
        tell(pc.red(`✗ ${error instanceof Error ? error.message : String(error)}`));
        throw error;
      }
    },
  };
}
