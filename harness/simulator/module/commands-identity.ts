import { cme, ERROR, ok } from './answer.js';
import type { Command } from './answer.js';

/** `AT+X` answers with one line; `AT+X=?` with OK. */
function plain(line: (session: Parameters<Command>[0]) => string | undefined): Command {
  return (session, form) => {
    if (form === 'test') return ok();
    if (form !== 'run') return ERROR;
    const text = line(session);
    return text === undefined ? ERROR : ok(text);
  };
}

function imei({ module, line }: Parameters<Command>[0]): string | undefined {
  return module.options.behaviours.ask('imei', module.nv.imei, line.name);
}

/** Who the module and its SIM are. */
export const IDENTITY_COMMANDS: Readonly<Record<string, Command>> = {
  GMI: plain(() => 'Quectel'),
  CGMI: plain(() => 'Quectel'),
  GMM: plain(({ module }) => module.options.module),
  CGMM: plain(({ module }) => module.options.module),
  GMR: plain(({ module }) => module.options.behaviours.ask('shownGmr', module.revision, module.upgraded)),
  CGMR: plain(({ module }) => module.options.behaviours.ask('shownGmr', module.revision, module.upgraded)),
  QGMR: plain(({ module }) =>
    module.options.behaviours.ask('shownQgmr', `${module.revision}_01.001.01.001`, module.core.log.read().starts),
  ),
  CSUB: plain(() => 'SubEdition: V01'),
  CGSN: plain(imei),
  GSN: plain(imei),
  QCCID: (session, form) => {
    if (form === 'test') return ok();
    if (form !== 'run') return ERROR;
    const { sim, nv } = session.module;
    return !sim.present ? cme(10) : sim.found ? ok(`+QCCID: ${nv.iccid}`) : cme(14);
  },
  CIMI: (session, form) => {
    if (form !== 'run') return form === 'test' ? ok() : ERROR;
    return session.module.sim.ready
      ? ok(`26201${session.module.options.imei.slice(-10)}`)
      : cme(session.module.sim.present ? 11 : 10);
  },
};
