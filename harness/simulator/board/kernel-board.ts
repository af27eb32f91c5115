import type { Wiring } from '../behaviour.js';
import type { ModuleName } from '../core/image.js';
import { USB_ID } from './board.js';
import type { Board, Port, Stranded, Wired } from './board.js';
import type { BoardDefinition, WireName } from './definition.js';
import { Gadget } from './gadget.js';
import type { Role } from './gadget.js';
import { DrivenWire, ReadWire } from './gpio-wires.js';
import { makeRaw, TtyEnd } from './tty-end.js';

/** A board of kernel devices: the module's side of USB ports (ttyGS), of a serial cable, and of the lines of a GPIO chip. */
export function kernelBoard(definition: BoardDefinition, module: ModuleName): Board {
  const { wires } = definition;
  const status = wires.status === undefined ? undefined : new ReadWire(wires.status);
  const driven: DrivenWire[] = [];
  return {
    at: new UsbPort(new Gadget(definition.gadget, definition.udc), module, definition.udc),
    uart: definition.uart === undefined ? new NoPort() : new UartPort(definition.uart),
    follow(module: Wired) {
      const drive = (name: WireName, rest: boolean, onChange: (active: boolean) => void): void => {
        const wire = wires[name];
        if (wire === undefined) onChange(rest);
        else driven.push(new DrivenWire(wire, onChange));
      };
      drive('supply', true, (on) => module.setSupply(on));
      drive('vbus', true, (on) => module.setVbus(on));
      drive('powerKey', false, (down) => module.pressKey(down));
      drive('reset', false, (down) => module.pressReset(down));
    },
    showStatus: (on) => status?.set(on),
    close() {
      for (const wire of driven) wire.close();
    },
  };
}

/** The AT interface of a gadget. The other interfaces are there for the host to find, and silent. */
class UsbPort implements Port {
  private device = '';
  private end: TtyEnd | undefined;

  constructor(
    private readonly gadget: Gadget,
    private readonly module: ModuleName,
    readonly path: string,
  ) {}

  async prepare(): Promise<void> {
    const devices = await this.gadget.create();
    this.device = devices.at;
    for (const device of Object.values(devices)) await makeRaw(device);
  }

  get present(): boolean {
    return this.end !== undefined;
  }

  plug(onData: (data: Buffer) => void, wiring: Wiring): void {
    if (this.end !== undefined) return;
    // Open before the host sees it: what it sends to a port that nobody reads would be kept, and come late.
    this.end = new TtyEnd(this.device, onData);
    const roles: readonly Role[] = wiring === 'renamed' ? ['at', 'diag', 'nmea', 'modem'] : ['diag', 'nmea', 'at', 'modem'];
    this.gadget.join(USB_ID[this.module], roles);
  }

  unplug(): void {
    // Off the bus first: closing waits up to 15 s for a host that does not read.
    this.gadget.leave();
    this.end?.close();
    this.end = undefined;
  }

  strand(as: Stranded): void {
    this.unplug();
    this.gadget.join(as, ['diag']);
  }

  write(data: Buffer): boolean {
    return this.end?.write(data) ?? false;
  }

  close(): void {
    this.unplug();
  }
}

/** The module's end of a serial cable; it is always there. */
class UartPort implements Port {
  private end: TtyEnd | undefined;

  constructor(readonly path: string) {}

  async prepare(): Promise<void> {
    await makeRaw(this.path);
  }

  get present(): boolean {
    return this.end !== undefined;
  }

  plug(onData: (data: Buffer) => void): void {
    this.end ??= new TtyEnd(this.path, onData);
  }

  unplug(): void {
    this.end?.close();
    this.end = undefined;
  }

  strand(): void {}

  write(data: Buffer): boolean {
    return this.end?.write(data) ?? false;
  }

  close(): void {
    this.unplug();
  }
}

/** A UART that ends on no wire. */
class NoPort implements Port {
  readonly path = '';
  readonly present = false;

  async prepare(): Promise<void> {}
  plug(): void {}
  unplug(): void {}
  strand(): void {}
  write(): boolean {
    return false;
  }
  close(): void {}
}
