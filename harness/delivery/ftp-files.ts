import { posix } from 'node:path';
import { FtpRefusal } from './ftp-inside.js';
import type { FtpSending } from './ftp-sending.js';
import type { Published } from './shelf.js';

interface Stat {
  readonly name: string;
  /** As text: ftp-srv takes a size of 0 for none. */
  readonly size: string;
  readonly mtime: Date;
  readonly mode: number;
  isDirectory(): boolean;
}

/**
 * The file system of one login, as ftp-srv asks for it: it can look and read, and nothing else. Names are looked up in a list; no
 * path of a client ever reaches the disk.
 */
export class FtpFiles {
  #folder = '/';

  constructor(
    /** What the login may see, at this moment. */
    private readonly published: () => readonly Published[],
    private readonly send: (published: Published, start: number) => FtpSending,
  ) {}

  /** A client's name as a path from the root; what climbs ends at the root. */
  path(name: string): string {
    return posix.resolve('/', this.#folder, name);
  }

  currentDirectory(): string {
    return this.#folder;
  }

  async get(name: string): Promise<Stat> {
    const path = this.path(name);
    const file = this.#find(path);
    if (file !== undefined) return fileStat(file, posix.basename(path));
    if (this.#isFolder(path)) return folderStat(name);
    throw new FtpRefusal(550, 'No such file');
  }

  async list(name = '.'): Promise<Stat[]> {
    const path = this.path(name);
    const prefix = path === '/' ? '/' : `${path}/`;
    const entries = new Map<string, Stat>();
    for (const file of this.published()) {
      if (!file.path.startsWith(prefix) || file.fault?.name === 'not-found') continue;
      const [first = '', ...rest] = file.path.slice(prefix.length).split('/');
      entries.set(first, rest.length === 0 ? fileStat(file, first) : folderStat(first));
    }
    return [...entries.values()];
  }

  async chdir(name = '.'): Promise<string> {
    const path = this.path(name);
    if (!this.#isFolder(path)) throw new FtpRefusal(550, 'No such folder');
    this.#folder = path;
    return path;
  }

  async read(name: string, { start = 0 }: { start?: number | undefined } = {}) {
    const path = this.path(name);
    const file = this.#find(path);
    if (file === undefined) throw new FtpRefusal(550, 'No such file');
    if (start > file.size) throw new FtpRefusal(550, 'Offset beyond the end of the file');
    return { stream: this.send(file, start), clientPath: path };
  }

  #find(path: string): Published | undefined {
    const file = this.published().find((published) => published.path === path);
    if (file?.fault?.name !== 'not-found') return file;
    file.fault.struck(`${path} asked for`);
    return undefined;
  }

  #isFolder(path: string): boolean {
    return path === '/' || this.published().some((file) => file.path.startsWith(`${path}/`));
  }
}

function fileStat(file: Published, name: string): Stat {
  return { name, size: String(file.size), mtime: file.since, mode: 0o100444, isDirectory: () => false };
}

function folderStat(name: string): Stat {
  return { name, size: '0', mtime: new Date(0), mode: 0o40555, isDirectory: () => true };
}
