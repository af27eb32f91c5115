/** A stage that has no suites of its own as a JUnit file with one test. */
export function oneCase({ name, what, result, seconds, problems }) {
  const bad =
    result === 'passed' ? '' : `<failure message="${text(problems.at(-1) ?? result)}">${text(problems.join('\n'))}</failure>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="virtual bench" tests="1" failures="${bad === '' ? 0 : 1}" errors="0" skipped="0" time="${seconds}">
    <testcase classname="virtual-bench" name="${text(`${name}: ${what}`)}" time="${seconds}">${bad}</testcase>
  </testsuite>
</testsuites>
`;
}

function text(raw) {
  const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

  return raw.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '?').replace(/[&<>"]/g, (sign) => entities[sign]);
}
