import type { EventOf, Identity, JournalEvent, RigProfile } from '../journal/events.js';

/** What one upgrade's record is folded from. */
export interface Window {
  readonly start: EventOf<'upgrade.start'>;
  /** From upgrade.start to where the watch or its records end. */
  readonly events: readonly JournalEvent[];
  readonly end: EventOf<'upgrade.end'> | undefined;
  readonly before: { readonly identity: Identity | undefined; readonly files: EventOf<'module.files'>['files'] | undefined };
  readonly published: EventOf<'delivery.publish'> | undefined;
  /** This module had reached our server by the same protocol earlier in the run: the way to it leads there. */
  readonly reachedBefore: boolean;
  readonly profile: RigProfile | undefined;
  readonly versions: Readonly<Record<string, string>>;
  /** Device of each line, as last opened before the upgrade. */
  readonly devices: ReadonlyMap<string, string>;
  readonly timed: boolean;
  readonly fromLog: boolean;
}

/** What was read of the module for this upgrade, or without naming one. */
export function isOf(event: JournalEvent, when: 'before' | 'after', id: string): boolean {
  return (
    (event.type === 'module.identity' || event.type === 'module.files') && event.when === when && (event.upgrade ?? id) === id
  );
}
