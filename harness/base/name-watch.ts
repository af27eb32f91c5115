import { statSync, watch, type FSWatcher } from 'node:fs';
import { dirname, basename } from 'node:path';

/** A name whose coming, going or change in a directory may change the answer. */
export interface WatchedName {
  readonly directory: string;
  readonly name: string | RegExp;
}

interface OpenWatch {
  readonly watcher: FSWatcher;
  /** Device and inode of the directory: a new one under the old name needs a new watch. */
  readonly identity: string;
  names: (string | RegExp)[];
}

/**
 * Tells when names in directories come, go or change, also when the directory itself does not exist yet (then its nearest existing
 * parent is watched for it). An event may be missed (the machine has no watches left): whoever uses this looks now and then all the same.
 */
export class NameWatch {
  readonly #open = new Map<string, OpenWatch>();
  #closed = false;
  /** What is still to be told of this turn of the event loop; undefined when nothing was told in it yet. */
  #turn: 'told' | 'name' | 'contents' | undefined;

  /** `what`: a name came, went or leads elsewhere; or what it leads to was written to or got other permissions. */
  constructor(private readonly changed: (what: 'name' | 'contents') => void) {}

  /** From now on these names count. Returns true when a directory is newly watched: what came before it was, needs another look. */
  set(names: readonly WatchedName[]): boolean {
    if (this.#closed) return false;
    const wanted = new Map<string, (string | RegExp)[]>();
    for (const each of names) {
      const { directory, name } = nearestExisting(each);
      wanted.set(directory, [...(wanted.get(directory) ?? []), name]);
    }
    for (const [directory, entry] of this.#open) {
      if (wanted.has(directory) && entry.identity === identityOf(directory)) continue;
      entry.watcher.close();
      this.#open.delete(directory);
    }
    let added = false;
    for (const [directory, filter] of wanted) {
      const entry = this.#open.get(directory);
      if (entry !== undefined) entry.names = filter;
      else added = this.#watch(directory, filter) || added;
    }
    return added;
  }

  close(): void {
    this.#closed = true;
    for (const { watcher } of this.#open.values()) watcher.close();
    this.#open.clear();
  }

  /** The first event at once, the others of the same turn of the event loop as one: a USB device brings dozens with it. */
  #tell(what: 'name' | 'contents'): void {
    if (this.#closed) return;
    if (this.#turn !== undefined) {
      if (this.#turn !== 'name') this.#turn = what;
      return;
    }
    this.#turn = 'told';
    this.changed(what);
    setImmediate(() => {
      const rest = this.#turn;
      this.#turn = undefined;
      if (rest === 'name' || rest === 'contents') this.#tell(rest);
    });
  }

  #watch(directory: string, names: (string | RegExp)[]): boolean {
    let watcher: FSWatcher;
    try {
      watcher = watch(directory);
    } catch {
      // Gone again, or the machine has no watches left: the safety look remains.
      return false;
    }
    const entry: OpenWatch = { watcher, identity: identityOf(directory), names };
    watcher.on('change', (kind, file) => {
      // A write to any terminal of the machine is an event of /dev/pts: only our own names count.
      const name = typeof file === 'string' ? file : undefined;
      const ours = name === undefined || name === basename(directory) || entry.names.some((each) => matches(each, name));
      if (ours) this.#tell(kind === 'change' ? 'contents' : 'name');
    });
    watcher.on('error', () => {
      watcher.close();
      if (this.#open.get(directory) === entry) this.#open.delete(directory);
    });
    this.#open.set(directory, entry);
    return true;
  }
}

function matches(wanted: string | RegExp, name: string): boolean {
  return typeof wanted === 'string' ? wanted === name : wanted.test(name);
}

function nearestExisting({ directory, name }: WatchedName): WatchedName {
  let here = { directory, name };
  while (identityOf(here.directory) === '' && dirname(here.directory) !== here.directory) {
    here = { directory: dirname(here.directory), name: basename(here.directory) };
  }
  return here;
}

function identityOf(directory: string): string {
  const stats = statSync(directory, { throwIfNoEntry: false });
  return stats === undefined || !stats.isDirectory() ? '' : `${String(stats.dev)} ${String(stats.ino)}`;
}
