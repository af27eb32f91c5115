import { readdirSync, readlinkSync } from 'node:fs';

/** What the kernel calls the descriptor of a requested line, and of one with edges (drivers/gpio/gpiolib-cdev.c). */
export type DescriptorKind = 'gpio-linehandle' | 'gpio-event';

/** Descriptors of one kind that this process has open. */
export function gpioDescriptors(kind: DescriptorKind): Set<number> {
  const descriptors = new Set<number>();
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      if (readlinkSync(`/proc/self/fd/${name}`) === `anon_inode:${kind}`) descriptors.add(Number(name));
    } catch {
      // It was open only while the folder was read.
    }
  }
  return descriptors;
}

/** The descriptor that was opened since `before` was listed; the library keeps it to itself. Throws when there is none. */
export function newDescriptor(kind: DescriptorKind, list: typeof gpioDescriptors, before: ReadonlySet<number>): number {
  const [descriptor] = [...list(kind)].filter((one) => !before.has(one));
  if (descriptor === undefined) throw new Error(`the kernel gave no descriptor (${kind}) for it`);
  return descriptor;
}
