import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../module/options.js';

const CONFIGFS = '/sys/kernel/config/usb_gadget';
/** The module's interfaces, in their order. */
const ROLES = ['diag', 'nmea', 'at', 'modem'] as const;
export type Role = (typeof ROLES)[number];
/** bcdDevice of an EC25 as its descriptors are published. */
const BCD_DEVICE = '0x0318';
const NODE_TRIES = 200;
const NODE_TRY_MS = 10;

/** The module as a USB device of the kernel's own making (configfs). It is on the bus while it is bound to a device controller. */
export class Gadget {
  private readonly dir: string;
  private readonly config: string;

  constructor(
    name: string,
    private readonly udc: string,
  ) {
    this.dir = join(CONFIGFS, name);
    this.config = join(this.dir, 'configs/c.1');
  }

  /** Makes it, or takes over what a module that was killed has left, off the bus. Answers with the module's end of each port. */
  async create(): Promise<Record<Role, string>> {
    if (!existsSync(CONFIGFS)) throw new UsageError(`${CONFIGFS} is missing: no USB gadgets on this machine (libcomposite)`);
    mkdirSync(join(this.dir, 'strings/0x409'), { recursive: true });
    mkdirSync(this.config, { recursive: true });
    this.leave();
    this.set('bcdDevice', BCD_DEVICE);
    // As on many modules: no serial number, so that two of them differ by their place alone.
    this.set('strings/0x409/manufacturer', 'Android');
    this.set('strings/0x409/product', 'Android');
    const devices: Partial<Record<Role, string>> = {};
    for (const role of ROLES) {
      const path = this.functionOf(role);
      if (!existsSync(path)) mkdirSync(path);
      devices[role] = await node(`/dev/ttyGS${readFileSync(join(path, 'port_num'), 'latin1').trim()}`);
    }
    return devices as Record<Role, string>;
  }

  /** Onto the bus as `id` (vendor:product) with these interfaces, in this order. */
  join(id: string, roles: readonly Role[] = ROLES): void {
    this.leave();
    const [vendor = '', product = ''] = id.split(':');
    this.set('idVendor', `0x${vendor}`);
    this.set('idProduct', `0x${product}`);
    for (const entry of readdirSync(this.config)) if (entry.startsWith('gser.')) rmSync(join(this.config, entry));
    for (const role of roles) symlinkSync(this.functionOf(role), join(this.config, `gser.${role}`));
    this.set('UDC', this.udc);
  }

  /** Off the bus, at once: what was under way is lost. */
  leave(): void {
    if (readFileSync(join(this.dir, 'UDC'), 'latin1').trim() !== '') this.set('UDC', '\n');
  }

  private functionOf(role: Role): string {
    return join(this.dir, 'functions', `gser.${role}`);
  }

  private set(attribute: string, value: string): void {
    writeFileSync(join(this.dir, attribute), value);
  }
}

async function node(device: string): Promise<string> {
  for (let tries = 0; tries < NODE_TRIES; tries++) {
    if (existsSync(device)) return device;
    await sleep(NODE_TRY_MS);
  }
  throw new UsageError(`${device} does not appear`);
}
