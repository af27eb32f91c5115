import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Nv } from '../behaviour.js';
import { factoryFlash } from '../core/core.js';
import { Flash, PAGE_SIZE } from '../core/flash.js';
import { makeImage } from '../core/image.js';
import { UsageError } from './options.js';
import type { ModuleOptions } from './options.js';

/** What the module holds without power, written through as it changes. */
export class StateDir {
  flash: Flash;
  nv: Nv;
  private fd: number;

  /** Takes the directory for this process; refuses one that another process has. */
  constructor(private readonly options: ModuleOptions) {
    mkdirSync(options.dir, { recursive: true });
    lock(join(options.dir, 'lock'));
    this.nv = this.loadNv();
    if (statSync(this.flashPath, { throwIfNoEntry: false }) === undefined) this.writeFactoryFlash();
    this.flash = Flash.load(readFileSync(this.flashPath));
    this.fd = openSync(this.flashPath, 'r+');
    this.follow();
  }

  saveNv(): void {
    const path = join(this.options.dir, 'nv.json');
    writeFileSync(`${path}.new`, JSON.stringify(this.nv, undefined, 2));
    renameSync(`${path}.new`, path);
  }

  /** First version, factory settings. The files are somebody else's. */
  reflash(): void {
    closeSync(this.fd);
    this.writeFactoryFlash();
    this.flash.restore(Flash.load(readFileSync(this.flashPath)).snapshot());
    this.fd = openSync(this.flashPath, 'r+');
    Object.assign(this.nv, factoryNv(this.options));
    this.saveNv();
  }

  close(): void {
    closeSync(this.fd);
    rmSync(join(this.options.dir, 'lock'), { force: true });
  }

  private get flashPath(): string {
    return join(this.options.dir, 'flash.bin');
  }

  private follow(): void {
    this.flash.onChange = (page, data) => writeSync(this.fd, data, 0, PAGE_SIZE, page * PAGE_SIZE);
  }

  private writeFactoryFlash(): void {
    writeFileSync(`${this.flashPath}.new`, factoryFlash(makeImage(this.options.module, 'v12')).dump());
    renameSync(`${this.flashPath}.new`, this.flashPath);
  }

  private loadNv(): Nv {
    try {
      return {
        ...factoryNv(this.options),
        ...(JSON.parse(readFileSync(join(this.options.dir, 'nv.json'), 'utf8')) as Partial<Nv>),
      };
    } catch {
      return factoryNv(this.options);
    }
  }
}

function factoryNv({ imei, apn }: ModuleOptions): Nv {
  return {
    imei,
    iccid: `8988280666${imei.slice(-9)}`,
    apn,
    apnType: 1,
    sim: true,
    registers: true,
    cfun: 1,
    urcPort: 'usbat',
    indications: true,
    bricked: false,
    dumps: 0,
  };
}

/** A lock names its process and when that was started, so that a number used again by another process does not hold it. */
function lock(path: string): void {
  for (let tries = 0; tries < 3; tries++) {
    try {
      writeFileSync(path, `${process.pid} ${startOf(process.pid) ?? ''}\n`, { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const [pid = '', start = ''] = readFileSync(path, 'utf8').trim().split(' ');
    if (start !== '' && startOf(Number(pid)) === start)
      throw new UsageError(`${path}: process ${pid} already runs a module in this directory; stop it first or use another --dir`);
    rmSync(path, { force: true });
  }
  throw new UsageError(`${path}: cannot be taken`);
}

/** When a process was started, in clock ticks since the machine's boot; undefined when there is no such process. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
