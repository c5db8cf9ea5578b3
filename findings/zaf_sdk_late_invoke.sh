#!/usr/bin/env bash
# npm's zendesk_app_framework_sdk 2.0.11 and a host that registers the app late: `invoke('comment.appendText', ...)` made
# before `app.registered` is answered after five seconds, and the text goes into the composer all the same when the host
# registers; registered again, it goes in once more.
#
# A good guess: the promise is rejected after the time-out, and what was given up is not sent any more.
# Seen: the promise RESOLVES, with an object named TimeoutError that is no Error; nothing was posted until then; then one
# appendText for the first `app.registered` and a second one for the next. An app that takes the time-out for a failure
# and offers "insert" again has three copies of a client's reply.
# The product asks for nothing before it is registered, reads the composer first, and takes an answer without the asked
# key for a failure. Zendesk's own bundle is not on npm and is not tried here.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund zendesk_app_framework_sdk@2.0.11
cat >late.cjs <<'JS'
const assert = require('assert');
const listeners = [];
const posted = [];
const host = { postMessage: (message) => posted.push(message) };
global.window = { parent: host, addEventListener: (_name, listener) => listeners.push(listener) };
global.document = {
  location: { search: '?origin=https://example.zendesk.com&app_guid=1', hash: '' },
  addEventListener: () => {},
};
global.location = global.document.location;

const client = require('zendesk_app_framework_sdk').init();
const inserts = () => posted.filter((message) => message.includes('comment.appendText')).length;
const register = () => {
  const data = JSON.stringify({ key: 'zaf.app.registered', message: { metadata: {}, context: {} } });
  listeners.forEach((listener) => listener({ origin: 'https://example.zendesk.com', source: host, data }));
};

(async () => {
  const seen = [];
  const answer = await client.invoke('comment.appendText', 'Hello').then(
    (value) => ['resolved', value.name, value instanceof Error],
    (error) => ['rejected', error.name, error instanceof Error],
  );
  seen.push(answer, inserts());
  register();
  seen.push(inserts());
  register();
  seen.push(inserts());
  console.log(JSON.stringify(seen));
  assert.deepStrictEqual(seen, [['resolved', 'TimeoutError', false], 0, 1, 2]);
})();
JS
node late.cjs
