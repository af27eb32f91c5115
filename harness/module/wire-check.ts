import { pause, scaledDeadline } from '../base/clock.js';
import { RigFault } from '../base/errors.js';
import type { EventOf } from '../journal/events.js';
import { Boot } from './boot.js';
import { asFault, failed, notTried, ok, type CheckRow } from './check-row.js';
import { Ports } from './ports.js';
import { watchPower, type WitnessParts } from './power-witnesses.js';
import { seenText } from './switch-problem.js';
import { proveSwitch, type SwitchProofOptions } from './switch-proof.js';
import { timingOf, type Timing } from './timing.js';
import { Wake } from './wake.js';

const noCuts = 'safety.powerCuts is false: the supply is not cut';
const vbusMayFeed = 'the rig has no supply wire, so VBUS may be what feeds the unit, and safety.powerCuts is false';
/** Power-down takes from 29.5 s to minutes (domain.md); without STATUS nobody sees the end of it. */
const powerDown = 180_000;
const powerDownUnseen = 60_000;
/** A USB device without VBUS leaves at once; the host may take a while to notice. */
const vbusDecay = 5_000;
/** After a reset the USB devices leave at once, and RDY comes after 12 s. */
const resetWitness = 20_000;

/** Tries the wires of a rig whose unit runs, one by one; after each the unit runs again, if its wires let it. */
export class WireCheck {
  readonly #timing: Timing;
  readonly #ports: Ports;
  readonly #witnesses: WitnessParts;
  readonly #stopListening: () => void;
  /** Boot reports on the UART, and boots that were caused. */
  #uartReports = 0;
  #boots = 0;
  #statusTrusted: boolean;

  constructor(private readonly options: SwitchProofOptions) {
    const { rig, profile, lines, journal, clock, power, signal } = options;
    this.#timing = timingOf(profile);
    this.#ports = new Ports({ lines, journal, clock });
    const usb = rig.power.simulated !== undefined || rig.lines?.at?.usb !== undefined;
    this.#witnesses = { ports: this.#ports, power, clock, timing: this.#timing, usb, signal };
    this.#statusTrusted = power.wires.status;
    this.#stopListening = this.#ports.onSighting((sighting) => {
      if (sighting.kind === 'urc' && sighting.role === 'uart' && sighting.report?.kind === 'boot') this.#uartReports += 1;
    });
  }

  close(): void {
    this.#stopListening();
    this.#ports.close();
  }

  /** Each line answers AT. */
  async lines(): Promise<CheckRow[]> {
    const rows: CheckRow[] = [];
    for (const { line, port } of this.#ports.lines) {
      const check = `line ${port.role}`;
      let answered = false;
      for (let tries = 0; tries < 3 && !answered; tries += 1) {
        answered = (await port.command('AT', { deadline: this.#timing.probe })).ok;
      }
      if (answered) rows.push(ok(check, 'answers AT'));
      else {
        const state = port.connected
          ? 'open but silent'
          : line.present
            ? 'its device is there but cannot be opened'
            : 'no device';
        const why = port.fault === undefined ? state : `${state}: ${port.fault.message}`;
        const hint =
          port.fault?.explanation.hint ?? 'look at the wiring (RX and TX swapped?), the baud rate and lines of the definition';
        rows.push(
          failed(check, new RigFault(`line ${port.role} does not answer`, { asked: 'an answer to AT', seen: why, hint })),
        );
      }
    }
    return rows;
  }

  /** The supply, and STATUS with it. */
  async supply(): Promise<CheckRow[]> {
    const { power, rig, journal } = this.options;
    const high = await power.status();
    const statusRow = power.wires.status
      ? high === true
        ? ok('STATUS', 'high while the unit runs')
        : failed('STATUS', statusLow(rig.name))
      : notTried('STATUS', 'not wired');
    if (statusRow.result === 'FAILED') this.#statusTrusted = false;
    if (!rig.safety.powerCuts) return [statusRow, notTried('supply cuts', noCuts)];
    let proof: EventOf<'switch.proof'> | undefined;
    const stop = journal.subscribe((event) => {
      if (event.type === 'switch.proof') proof = event;
    });
    try {
      const { seen } = await proveSwitch(this.options);
      this.#boots += 1;
      const fell =
        seen.statusFell === undefined
          ? statusRow
          : ok('STATUS', `high while the unit runs, low ${String(seen.statusFell)} ms after the cut`);
      return [fell, ok('supply cuts', proof?.seen ?? seenText(seen))];
    } catch (error) {
      const fault = asFault(error);
      const problem = proof?.problem ?? '';
      if (problem.startsWith('status-')) {
        this.#statusTrusted = false;
        return [failed('STATUS', fault), ok('supply cuts', proof?.seen ?? '')];
      }
      if (problem === 'power-key-does-nothing')
        return [statusRow, ok('supply cuts', proof?.seen ?? ''), failed('PWRKEY on', fault)];
      return [statusRow, failed('supply cuts', fault)];
    } finally {
      stop();
    }
  }

  /** Off and on again by PWRKEY. */
  async powerKey(): Promise<CheckRow> {
    const check = 'PWRKEY off, on';
    const { power, clock, profile, rig } = this.options;
    if (!power.wires.powerKey) return notTried(check, 'not wired');
    const why = 'check of PWRKEY';
    return this.#row(check, async () => {
      const lines = this.#ports.lines.filter(({ port }) => port.connected);
      const statusBefore = this.#statusTrusted ? await power.status() : undefined;
      const witnesses = this.#statusTrusted ? this.#witnesses : { ...this.#witnesses, power: withoutStatus(power) };
      const seen = await watchPower(witnesses, () => power.pressPowerKey('off', why), {
        lines,
        statusBefore,
        within: scaledDeadline(powerDown, profile.scale),
      });
      const told = seen.statusFell !== undefined || seen.usbLeft !== undefined || seen.lines.length > 0;
      const silent = seen.lines.every(({ silentAfter }) => silentAfter !== undefined);
      const off = told && seen.statusAfter !== true && !seen.usbThere && silent;
      if (!off) {
        throw new RigFault(`rig ${rig.name}: PWRKEY does not switch the unit off`, {
          asked: 'a pulse on PWRKEY, and the unit off after it',
          seen: seenText(seen),
          hint: 'look at the wire of PWRKEY, its level (activeLow) and the width of the pulse',
        });
      }
      if (!this.#statusTrusted) await pause(clock, powerDownUnseen * profile.scale);
      await this.#boot(() => power.pressPowerKey('on', why), 'PWRKEY does not switch the unit on', 'look at the wire of PWRKEY');
      return `${seenText(seen)}; came back`;
    });
  }

  /** VBUS alone takes the USB devices away, and nothing else; where it may be what feeds the unit, only if cuts are allowed. */
  async vbus(): Promise<CheckRow> {
    const check = 'VBUS cuts';
    const { power, clock, profile, rig } = this.options;
    if (!power.wires.vbus) return notTried(check, 'not wired');
    if (!power.wires.supply && !rig.safety.powerCuts) return notTried(check, vbusMayFeed);
    const at = this.#ports.lines.find(({ port }) => port.role === 'at');
    if (at === undefined || !this.#witnesses.usb) return notTried(check, 'the rig has no line over the module’s USB');
    return this.#row(check, async () => {
      const start = clock.now();
      try {
        await power.vbus(false, 'check of VBUS');
        if (!(await this.#until(() => !at.line.present, scaledDeadline(vbusDecay, profile.scale)))) {
          throw new RigFault(`rig ${rig.name}: the VBUS line does nothing`, {
            asked: 'the USB device leaves without VBUS',
            seen: 'it stays',
            hint: 'look at the wire of VBUS; does another cable feed the module’s USB? Is it the hub port of another rig?',
          });
        }
      } finally {
        await power.vbus(true, 'check of VBUS');
      }
      const left = Math.round(clock.now() - start);
      if (!(await this.#until(() => at.port.connected, this.#timing.limits.boot))) {
        throw new RigFault(`rig ${rig.name}: the USB device does not come back with VBUS`, {
          asked: 'the AT line open again within limits.boot',
          seen: at.line.present ? 'its device is there but not open' : 'no device',
          hint: 'look at the hub and the cable',
        });
      }
      return `the USB device left within ${String(left)} ms and came back`;
    });
  }

  /** RESET_N: like a cut to the module, so only where cuts are allowed. */
  async reset(): Promise<CheckRow> {
    const check = 'RESET_N';
    const { power, profile, rig } = this.options;
    if (!power.wires.reset) return notTried(check, 'not wired');
    if (!rig.safety.powerCuts) return notTried(check, 'safety.powerCuts is false: a reset is as hard as a cut');
    return this.#row(check, async () => {
      let witness: string | undefined;
      const wake = new Wake(this.options.clock);
      const stop = this.#ports.onSighting((sighting) => {
        if (sighting.kind === 'gone' && this.#witnesses.usb && sighting.role === 'at') witness ??= 'its USB device left';
        if (sighting.kind === 'urc' && sighting.report?.kind === 'boot' && sighting.report.name === 'RDY') {
          witness ??= `RDY on ${sighting.role}`;
        }
        wake.poke();
      });
      try {
        await this.#boot(
          async () => {
            await power.pressReset('check of RESET_N');
            await this.#until(() => witness !== undefined, scaledDeadline(resetWitness, profile.scale));
          },
          'the unit does not come back after a reset',
          'look at RESET_N: is it let go?',
        );
      } finally {
        stop();
      }
      if (witness === undefined) {
        throw new RigFault(`rig ${rig.name}: RESET_N does nothing`, {
          asked: 'a pulse on RESET_N, and the unit starts anew',
          seen: 'no USB device left and no RDY was seen',
          hint: 'look at the wire of RESET_N, its level (activeLow) and the width of the pulse',
        });
      }
      return `${witness}; came back`;
    });
  }

  /** Reports that come while USB is starting are seen on the UART only. Reboots the unit when nothing else has. */
  async uartReports(): Promise<CheckRow> {
    const check = 'UART boot reports';
    const { rig } = this.options;
    const uart = this.#ports.lines.find(({ port }) => port.role === 'uart');
    if (uart === undefined) return notTried(check, 'the rig has no UART');
    return this.#row(check, async () => {
      if (this.#boots === 0) {
        await this.#boot(
          async () => {
            await this.#ports.command('AT+CFUN=1,1', this.#timing.slowCommand);
          },
          'the unit does not come back after AT+CFUN=1,1',
          'look at its last reports',
          true,
        );
      }
      if (this.#uartReports > 0) return `${String(this.#uartReports)} in ${String(this.#boots)} starts`;
      throw new RigFault(`rig ${rig.name}: the UART does not hear the boot reports`, {
        asked: 'RDY and the like on the UART at a start',
        seen: `nothing in ${String(this.#boots)} starts`,
        hint: 'is TX of the module wired to RX here, and is it the main UART (not the debug UART)?',
      });
    });
  }

  /** Does something that starts the unit anew, and waits for normal mode. */
  async #boot(act: () => Promise<void>, what: string, hint: string, witness = false): Promise<void> {
    const { clock, journal, signal, rig } = this.options;
    const boot = new Boot({ ports: this.#ports, clock, journal, signal, timing: this.#timing }, { witness });
    try {
      await act();
      const { ready } = await boot.wait(this.#timing.limits.boot);
      if (ready === undefined) {
        throw new RigFault(`rig ${rig.name}: ${what}`, { asked: 'an answer to AT within limits.boot', seen: 'none', hint });
      }
      this.#boots += 1;
    } finally {
      boot.close();
    }
  }

  async #until(done: () => boolean, within: number): Promise<boolean> {
    const { clock } = this.options;
    const wake = new Wake(clock);
    const stop = this.#ports.onSighting(() => {
      wake.poke();
    });
    const deadline = clock.now() + within;
    try {
      while (!done() && clock.now() < deadline) await wake.wait(deadline);
      return done();
    } finally {
      stop();
    }
  }

  async #row(check: string, action: () => Promise<string>): Promise<CheckRow> {
    try {
      return ok(check, await action());
    } catch (error) {
      if (this.options.signal?.aborted === true) throw error;
      return failed(check, asFault(error));
    }
  }
}

/** STATUS that lies is not asked. */
function withoutStatus(power: SwitchProofOptions['power']): Pick<SwitchProofOptions['power'], 'status' | 'onStatus' | 'wires'> {
  return {
    wires: { ...power.wires, status: false },
    status: () => Promise.resolve(undefined),
    onStatus: () => () => undefined,
  };
}

function statusLow(rig: string): RigFault {
  return new RigFault(`rig ${rig}: STATUS is low although the unit runs`, {
    asked: 'STATUS high while the unit answers AT',
    seen: 'low',
    hint: 'look at the wire of STATUS and its level (activeLow); leave status out of the definition if it is not wired',
  });
}
