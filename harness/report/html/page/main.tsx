import { render } from 'preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Cuts } from './cuts.js';
import { Evidence } from './evidence.js';
import { Findings } from './findings.js';
import { Ladders } from './ladders.js';
import { Tests, Upgrades } from './lists.js';
import { Requirements } from './requirements.js';
import { followRun, useLive } from './live.js';
import { Now } from './now.js';
import { usePlace } from './router.js';
import { data, followsRun } from './store.js';
import { Summary } from './summary.js';
import { Times } from './times.js';
import { UpgradeView } from './upgrade-view.js';

const sections: readonly (readonly [id: string, title: string, content: () => ComponentChildren])[] = [
  ['cuts', 'Power cuts', () => <Cuts />],
  ['requirements', 'Requirements', () => <Requirements />],
  ['findings', 'Findings', () => <Findings />],
  ['upgrades', 'Upgrades', () => <Upgrades />],
  ['ladders', 'Retries', () => <Ladders />],
  ['times', 'Times', () => <Times />],
  ['tests', 'Tests', () => <Tests />],
  ['evidence', 'Evidence', () => <Evidence />],
];

function App() {
  const place = usePlace();
  // Drawn anew with all below it when there is something new.
  useLive();
  const left = useRef(0);
  const leftSection = useRef('');
  const wasAway = useRef(false);
  const away = place.upgrade !== undefined;
  if (away && !wasAway.current) left.current = scrollY;
  useEffect(() => {
    if (!away) {
      const element = document.getElementById(place.section);
      // Back to where the reader was, unless another section was asked for.
      if (wasAway.current && ['', 'top', leftSection.current].includes(place.section)) scrollTo(0, left.current);
      else if (element !== null) {
        element.scrollIntoView();
        element.focus({ preventScroll: true });
      }
      leftSection.current = place.section;
    }
    wasAway.current = away;
  }, [place]);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <nav class="top no-print" aria-label="Sections">
        <a href="#top" class="home">
          Result
        </a>
        {followsRun ? <a href="#now">Now</a> : null}
        {sections.map(([id, title]) => (
          <a key={id} href={`#${id}`}>
            {title}
          </a>
        ))}
      </nav>
      {place.upgrade === undefined ? <Overview /> : <UpgradeView upgrade={place.upgrade} />}
      <footer>
        Every figure here is computed from {data.file}. <code>dfota judge {data.file}</code> gives the same verdicts.
      </footer>
    </>
  );
}

function Overview() {
  return (
    <main id="main">
      <Summary />
      {followsRun ? <Now /> : null}
      {sections.map(([id, title, content]) => (
        <section key={id} aria-labelledby={id}>
          <h2 id={id} tabIndex={-1}>
            {title}
          </h2>
          {content()}
        </section>
      ))}
    </main>
  );
}

const root = document.getElementById('app');
if (root !== null) {
  root.replaceChildren();
  render(<App />, root);
  // For whoever measures how long it takes until the page can be used.
  performance.mark('ready');
  if (followsRun) followRun();
}
