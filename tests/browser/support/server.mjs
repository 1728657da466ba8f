// Starts the real program on a free port over a database of its own, and stops it. CASEWAY_TEST_DATABASE is an empty one that is
// taken in place of a new SQLite file.

import { spawn, execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

/** The program: CASEWAY_PROGRAM, as `cargo verify` sets it, else a debug build made now. */
function program() {
  if (process.env.CASEWAY_PROGRAM) return process.env.CASEWAY_PROGRAM;
  const messages = execFileSync(
    'cargo',
    ['build', '-p', 'api', '--bin', 'caseway', '--message-format', 'json-render-diagnostics'],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 28 },
  );
  const built = messages.toString().split('\n').filter(Boolean).map((line) => JSON.parse(line));
  return built.findLast((message) => message.executable && message.target.name === 'caseway').executable;
}

function freePort() {
  return new Promise((found, failed) => {
    const probe = createServer();
    probe.once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => found(port));
    });
  });
}

/**
 * Starts `caseway demo` with a test clock. Gives { url, now, advance, restart, stop, log }.
 * `advance('P1D')` moves the clock on; timers that come due have fired when it returns.
 */
export function startDemo({ clock = '2026-03-02T09:00:00+03:00' } = {}) {
  const endless = ['--idle-minutes', '1000000', '--session-hours', '1000000'];
  return startProgram({ command: 'demo', options: ['--test-clock', clock, ...endless] });
}

/**
 * Starts `caseway serve` over an empty database with one user who has every role. Gives the same, and { name, password }.
 */
export async function startEmpty({ options = [] } = {}) {
  const name = 'integrator';
  const password = 'letters-and-numbers-7';
  const roles = ['caseworker', 'supervisor', 'designer', 'administrator'].flatMap((role) => ['--role', role]);
  const prepare = (executable, database) =>
    execFileSync(executable, ['user', 'add', name, ...roles, '--password-stdin', '--database', database], { input: `${password}\n`, stdio: ['pipe', 'ignore', 'inherit'] });
  const server = await startProgram({ command: 'serve', options, prepare });
  return { ...server, name, password };
}

async function startProgram({ command, options, prepare = () => {} }) {
  const folder = mkdtempSync(join(tmpdir(), 'caseway-browser-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const executable = program();
  const database = process.env.CASEWAY_TEST_DATABASE ?? `sqlite:${join(folder, 'caseway.db')}`;
  prepare(executable, database);
  let log = '';
  let child;

  async function start(from) {
    const moved = from ? options.with(options.indexOf('--test-clock') + 1, from) : options;
    child = spawn(executable, [command, '--listen', `127.0.0.1:${port}`, '--database', database, ...moved, '--log', 'warn'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (text) => (log += text));
    child.stderr.on('data', (text) => (log += text));
    let ended = false;
    child.once('exit', () => (ended = true));
    for (let attempt = 0; attempt < 300; attempt += 1) {
      if (ended) throw new Error(`the program ended before it was ready:\n${log}`);
      const ready = await fetch(`${url}/health/ready`).then((answer) => answer.ok, () => false);
      if (ready) return;
      await new Promise((next) => setTimeout(next, 100));
    }
    throw new Error(`the program was not ready within 30 seconds:\n${log}`);
  }

  function end() {
    if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
    return new Promise((done) => {
      child.once('exit', done);
      child.kill('SIGTERM');
    });
  }

  async function clockRequest(body) {
    const answer = await fetch(`${url}/test/clock`, { method: body ? 'POST' : 'GET', body });
    if (!answer.ok) throw new Error(`the test clock answered ${answer.status}: ${await answer.text()}`);
    return answer.text();
  }

  await start();
  return {
    url,
    log: () => log,
    now: () => clockRequest(),
    advance: (duration) => clockRequest(new URLSearchParams({ advance: duration })),
    async restart() {
      const now = await clockRequest();
      await end();
      await start(now.trim());
    },
    async stop() {
      const code = await end();
      rmSync(folder, { recursive: true, force: true });
      return code;
    },
  };
}
