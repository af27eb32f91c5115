import type { SimModule } from './module.js';

/** For tests: what cannot be seen of a module from outside. */
export function insideOf(module: SimModule): Readonly<Record<string, unknown>> {
  const record = module.core.log.read();
  const download = module.upgrade.running && module.mode === 'normal';
  return {
    mode: download ? 'download' : module.mode,
    revision: module.revision,
    flag: record.flag,
    counter: record.attempts,
    starts: record.starts,
    outcome: record.outcome,
    percent: module.percent,
    operations: module.core.flash.operations,
    supply: module.lines.supply,
    vbus: module.lines.vbus,
    status: module.status,
    usb: module.usb,
    bricked: module.nv.bricked,
    why: module.why,
    defects: module.options.behaviours.names,
  };
}
