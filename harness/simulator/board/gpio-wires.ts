import { closeSync, existsSync, openSync, readFileSync, readSync, watch, writeFileSync } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../module/options.js';
import type { WireDefinition } from './definition.js';

const CONFIGFS = '/sys/kernel/config/gpio-sim';
/** Milliseconds between two looks at a wire whose chip tells nobody of changes, as the stock gpio-sim does. */
const LOOK_MS = 20;

/** The other side of a line of a simulated GPIO chip. */
function sideOf({ chip, line }: WireDefinition): string {
  const config = join(CONFIGFS, chip);
  const side = chip.startsWith('/')
    ? chip
    : existsSync(join(config, 'dev_name'))
      ? join('/sys/devices/platform', text(join(config, 'dev_name')), text(join(config, 'bank0/chip_name')))
      : '';
  const folder = join(side, `sim_gpio${line}`);
  if (!existsSync(folder)) throw new UsageError(`no line ${line} of a simulated GPIO chip ${chip}; ${CONFIGFS} has the chips`);
  return folder;
}

function text(path: string): string {
  return readFileSync(path, 'latin1').trim();
}

/** A wire that the host drives: told of each change, and of how it is at first. */
export class DrivenWire {
  private readonly fd: number;
  private readonly watcher: FSWatcher;
  private readonly timer: NodeJS.Timeout;
  private readonly buffer = Buffer.alloc(1);
  private last: boolean | undefined;

  constructor(
    private readonly wire: WireDefinition,
    private readonly onChange: (active: boolean) => void,
  ) {
    const path = join(sideOf(wire), 'value');
    this.fd = openSync(path, 'r');
    // The watch comes before the first look, so that no change falls between them.
    this.watcher = watch(path, () => this.look());
    this.timer = setInterval(() => this.look(), LOOK_MS);
    this.look();
  }

  close(): void {
    clearInterval(this.timer);
    this.watcher.close();
    closeSync(this.fd);
  }

  private look(): void {
    readSync(this.fd, this.buffer, 0, 1, 0);
    const active = (this.buffer[0] === 0x31) !== this.wire.activeLow;
    if (active === this.last) return;
    this.last = active;
    this.onChange(active);
  }
}

/** A wire that the module drives. */
export class ReadWire {
  private readonly path: string;

  constructor(private readonly wire: WireDefinition) {
    this.path = join(sideOf(wire), 'pull');
  }

  set(active: boolean): void {
    writeFileSync(this.path, active === this.wire.activeLow ? 'pull-down' : 'pull-up');
  }
}
