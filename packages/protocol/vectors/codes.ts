import { LeixError } from "../src/index.ts";

/** The code with which a call is refused; anything but a coded error is a defect and goes on up. */
export function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof LeixError) return error.code;
    throw error;
  }
  return "not refused";
}

export async function codeOfAsync(act: () => Promise<unknown>): Promise<string> {
  try {
    await act();
  } catch (error) {
    if (error instanceof LeixError) return error.code;
    throw error;
  }
  return "not refused";
}

/** The error itself, where more than its code is asked. */
export function errorOf(act: () => unknown): LeixError {
  try {
    act();
  } catch (error) {
    if (error instanceof LeixError) return error;
    throw error;
  }
  throw new Error("not refused");
}
