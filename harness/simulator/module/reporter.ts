import type { Report } from '../core/steps.js';
import type { SimModule } from './module.js';

/** USB after RDY, and after the start of recovery: seconds, before scaling. */
const USB_AFTER_READY = [0.8, 1.6] as const;
const USB_AFTER_START = [2, 3.5] as const;
/** What waits for USB is written this long after the port is there. */
const FIRST_USB_REPORT = [0.8, 4] as const;
/** A port that leaves the bus as soon as it is there comes back after so long. */
const STUMBLE = 1.5;
const BETWEEN_BOOT_URCS = [0.2, 1.2] as const;

/** What the module says unasked: where it goes, and how it waits for USB. */
export class Reporter {
  /** Whether the module itself would have its USB up, VBUS or not. */
  wantsUsb = false;
  /** Reports that USB is not ready for yet; undefined once it is. */
  private early: string[] | undefined;

  constructor(private readonly module: SimModule) {}

  stop(): void {
    this.wantsUsb = false;
    this.early = undefined;
  }

  /** A line in normal mode, to the port that QURCCFG names. */
  urc(text: string): void {
    const { nv, urcs, uart, at } = this.module;
    if (text.startsWith('+QIND') && !nv.indications) return;
    if (nv.urcPort !== 'usbmodem') urcs.send(nv.urcPort === 'uart1' ? uart : at, text);
  }

  /** In recovery both ports print. */
  report(report: Report): void {
    const { module } = this;
    for (const one of module.options.behaviours.ask('reports', [report], module.percent ?? 0, module.core.log.read().starts)) {
      const value = one.kind === 'UPDATING' ? `,${one.percent}` : one.kind === 'END' ? `,${one.err}` : '';
      const text = `+QIND: "FOTA","${one.kind}"${value}`;
      module.urcs.send(module.uart, text);
      if (this.early !== undefined) this.early.push(text);
      else module.urcs.send(module.at, text);
    }
  }

  recoveryStarts(): void {
    this.usbUp(USB_AFTER_START);
  }

  /** Normal mode is up: RDY on the UART at once, the rest where QURCCFG sends it. `usbReady`: AT works over USB. */
  normalStarts(usbReady: () => void): void {
    const { behaviours } = this.module.options;
    for (const text of behaviours.ask('bootUrcs', ['RDY'])) this.module.urcs.send(this.module.uart, text);
    const overUsb = this.module.nv.urcPort !== 'uart1';
    if (!overUsb) this.bootUrcs([]);
    this.usbUp(USB_AFTER_READY, usbReady, overUsb ? () => this.bootUrcs(['RDY']) : undefined);
  }

  private bootUrcs(first: readonly string[]): void {
    const { sim, dice, epoch } = this.module;
    const locked = sim.state !== 'READY';
    const card = !sim.present
      ? ['+CPIN: NOT INSERTED', '+QUSIM: 0']
      : locked
        ? ['+CPIN: SIM PIN']
        : ['+CPIN: READY', '+QUSIM: 1'];
    const done = sim.ready ? ['+QIND: SMS DONE', '+QIND: PB DONE'] : [];
    let at = 0;
    const sound = [...first, ...dice.shuffled([`+CFUN: ${sim.cfun}`, ...card, ...done])];
    for (const text of this.module.options.behaviours.ask('bootUrcs', sound)) {
      epoch.after(at, () => this.urc(text));
      at += dice.between(...BETWEEN_BOOT_URCS);
    }
  }

  /** USB appears after a while; what was reported before follows, and is lost unless the host has the port open by then. */
  private usbUp(after: readonly [number, number], onPlug?: () => void, onReady?: () => void): void {
    const { module } = this;
    this.early = [];
    module.epoch.after(module.dice.between(...after), () => {
      this.wantsUsb = true;
      module.usbPowerChanged();
      onPlug?.();
      const stumble = module.options.behaviours.ask('seconds', Infinity, 'usb-stumble');
      if (stumble < Infinity) {
        module.epoch.after(stumble, () => module.usbContact(false));
        module.epoch.after(stumble + STUMBLE, () => module.usbContact(true));
      }
      module.epoch.after(module.dice.between(...FIRST_USB_REPORT), () => {
        for (const text of this.early ?? []) module.urcs.send(module.at, text);
        this.early = undefined;
        onReady?.();
      });
    });
  }
}
