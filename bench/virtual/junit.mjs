/** A stage that has no suites of its own as a JUnit file with one test; one that ran to no verdict is skipped, never passed. */
export function oneCase({ name, what, result, seconds, problems }) {
  const without = { 'not reached': 'not reached: no time was left', 'stood still': 'proves nothing: the guest stood still' }[
    result
  ];
  const bad =
    result === 'passed'
      ? ''
      : without !== undefined
        ? `<skipped message="${without}"/>`
        : `<failure message="${text(problems.at(-1) ?? result)}">${text(problems.join('\n'))}</failure>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="virtual bench" tests="1" failures="${bad.startsWith('<failure') ? 1 : 0}" errors="0" skipped="${bad.startsWith('<skipped') ? 1 : 0}" time="${seconds}">
    <testcase classname="virtual-bench" name="${text(`${name}: ${what}`)}" time="${seconds}">${bad}</testcase>
  </testsuite>
</testsuites>
`;
}

function text(raw) {
  const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

  return raw.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '?').replace(/[&<>"]/g, (sign) => entities[sign]);
}
