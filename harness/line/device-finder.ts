import { lstatSync, readlinkSync, realpathSync, type Stats } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { hasCode, messageOf } from '../base/errors.js';
import type { WatchedName } from '../base/name-watch.js';

/** The device a definition leads to at this moment. */
export interface FoundDevice {
  /** Node to open, links resolved: /dev/ttyUSB2, /dev/pts/3. */
  readonly device: string;
  /** Differs when the same name leads to another device. */
  readonly identity: string;
  /**
   * Differs when the node is a new one under the old name, or its permissions have changed. The time alone does not tell: it goes in
   * steps of some ms.
   */
  readonly changed: string;
}

export interface Finding {
  readonly found?: FoundDevice;
  /** Why there is none, in words for a person; empty when there is one. Asked for only when somebody is told: it may take a while. */
  readonly why: () => string;
  /** What to watch to learn of the next change. */
  readonly watch: readonly WatchedName[];
}

/** Looks a line's device up. Never throws: whatever the file system says is an answer. */
export interface DeviceFinder {
  /** The device as the rig definition names it. */
  readonly path: string;
  look(): Finding;
}

const mostLinks = 40;

/** Finds `device:` definitions: a path that may be a symlink, or several in a row, that go and come back pointing elsewhere. */
export function pathFinder(path: string): DeviceFinder {
  return {
    path,
    look() {
      const watch: WatchedName[] = [];
      let here = path;
      for (let hop = 0; hop < mostLinks; hop += 1) {
        watch.push({ directory: dirname(here), name: basename(here) });
        const said = here === path ? path : `${path} leads to ${here}, which`;
        let stats: Stats;
        try {
          stats = lstatSync(here);
          if (stats.isSymbolicLink()) {
            // A link in a directory that is itself reached by a link is relative to where that directory really is.
            here = resolve(realpathSync(dirname(here)), readlinkSync(here));
            continue;
          }
        } catch (error) {
          const why = hasCode(error, 'ENOENT', 'ENOTDIR') ? `${said} does not exist` : messageOf(error);
          return { why: () => why, watch };
        }
        if (!stats.isCharacterDevice()) return { why: () => `${said} is not a serial device`, watch };
        return { found: foundDevice(here, stats), why: () => '', watch };
      }
      return { why: () => `${path} is a circle of links`, watch };
    },
  };
}

export function foundDevice(device: string, stats: Stats): FoundDevice {
  return { device, identity: identityOf(stats), changed: [stats.ctimeMs, stats.mode, stats.uid, stats.gid].join(':') };
}

/** Tells a device from others, by its node or by a descriptor of it. */
export function identityOf(stats: Stats): string {
  return [stats.dev, stats.ino, stats.rdev].join(':');
}
