import { getContainerRuntimeClient, ImageName } from "testcontainers";

/** Public image of the broker, for machines that reach a registry of images. */
export const NATS_IMAGE_DEFAULT = "nats:2.15-alpine";

export type ContainerWish = "required" | "auto" | "off";

/** Whether the container suite runs, and the sentence that says so. `missing` fails the whole run. */
export type ContainerSuite =
  | { readonly kind: "run"; readonly reason: string }
  | { readonly kind: "left-out"; readonly reason: string }
  | { readonly kind: "missing"; readonly reason: string };

/** LEIX_CONTAINERS where it is set; otherwise CI demands the suite, and a person's machine may lack it. */
export function parseContainerWish(value: string | undefined, ci: boolean): ContainerWish {
  if (value === undefined || value === "") return ci ? "required" : "auto";
  if (value === "required" || value === "auto" || value === "off") return value;
  throw new Error(`LEIX_CONTAINERS must be required, auto or off, not "${value}"`);
}

/** Asks the engine and makes sure that it has the broker's image, so that no test fails for want of it. */
export async function findContainerSuite(wish: ContainerWish, natsImage: string): Promise<ContainerSuite> {
  if (wish === "off") return { kind: "left-out", reason: "LEIX_CONTAINERS is off" };
  const lacking = wish === "required" ? "missing" : "left-out";
  try {
    const client = await getContainerRuntimeClient();
    const engine = `engine ${client.info.containerRuntime.serverVersion}, image ${natsImage}`;
    const image = ImageName.fromString(natsImage);
    if (await client.image.exists(image)) return { kind: "run", reason: engine };
    try {
      await client.image.pull(image);
      return { kind: "run", reason: engine };
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      return { kind: lacking, reason: `the engine answers but has no image ${natsImage} (${cause})` };
    }
  } catch {
    return { kind: lacking, reason: "no container engine answers; start Docker to include it" };
  }
}
