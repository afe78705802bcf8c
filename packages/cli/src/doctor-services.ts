import { findErrorCode, type RunningFile } from "@leix/runtime";
import { z } from "zod";
import { type CheckReport, type Problem, toTodo } from "./doctor-report.ts";

const ANSWER_MS = 2_000;
const Texts = z.array(z.string().max(500)).max(100);
const HealthAnswer = z.object({ problems: Texts, notes: Texts.default([]) });

/** Asks every service that was started from this folder how it is. */
export async function checkServices(running: RunningFile | undefined): Promise<CheckReport> {
  const name = "services";
  if (!running) return { name, skipped: "not started by `leix network up` from this folder" };
  const problems = await Promise.all(running.services.map((service) => ask(service)));
  const names = running.services.map((service) => service.name).join(", ");
  return { name, summary: `${names}: well`, problems: problems.flat() };
}

async function ask({ name, health }: RunningFile["services"][number]): Promise<Problem[]> {
  try {
    const answer = await fetch(health, { signal: AbortSignal.timeout(ANSWER_MS) });
    const { problems, notes } = HealthAnswer.parse(await answer.json());
    const read = `Read log/${name}.log in the network folder.`;
    const toProblem = (problem: string): Problem => {
      const code = findErrorCode(problem);
      return { detail: `${name}: ${problem}`, todo: (code && toTodo(code)) || read };
    };
    const suspend = "Tell the country authority of that party: nobody else can suspend it.";
    return [
      ...problems.map(toProblem),
      ...notes.map((note) => ({ detail: `${name}: ${note}`, todo: suspend })),
    ];
  } catch {
    const todo = `Read log/${name}.log in the network folder; it is started again when it ends.`;
    return [{ detail: `${name} does not answer`, todo }];
  }
}
