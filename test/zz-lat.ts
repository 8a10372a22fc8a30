import { createOpenSsh } from '/work/main/src/transports/ssh/open-ssh.ts';
import { startSshdFixture } from '/work/main/test/support/sshd-fixture.ts';
import { startInProcessSshd } from '/work/main/src/embedded/ssh-servers/in-process-sshd.ts';
import { buildProgram } from '/work/main/test/support/run-built-program.ts';
import { endpointOf } from '/work/main/test/support/sshd-fixture.ts';
const open = createOpenSsh();
const sshd = await startSshdFixture();
const never = new AbortController().signal;
const go = async (endpoint: any, name: string) => {
  let t = performance.now();
  const s = await open(endpoint, never);
  console.log(name, 'open', performance.now() - t);
  for (let i = 0; i < 4; i++) {
    t = performance.now();
    const marks: string[] = [];
    await s.run(buildProgram({ text: 'echo hi' }), async (st, c) => { marks.push(`${st} ${(performance.now() - t).toFixed(1)}`); }, never);
    console.log(name, 'run', (performance.now() - t).toFixed(1), marks.join(' '));
  }
  t = performance.now();
  await s[Symbol.asyncDispose]();
  console.log('close', performance.now() - t);
};
await go(sshd.endpoint(), 'sshd');
const inp = await startInProcessSshd({ addresses: ['127.0.0.1'], port: 45991, authorizedKey: sshd.keys.publicKey });
await go(endpointOf(45991, sshd.endpoint().secret), 'inproc');
// bare
import ssh2 from 'ssh2';
const c = new ssh2.Client();
c.connect({ host: '127.0.0.1', port: sshd.port, username: 'root', privateKey: sshd.keys.privateKey }); c.setNoDelay(true);
await new Promise((r) => c.on('ready', r));
for (let i = 0; i < 3; i++) {
  const t = performance.now();
  const m: string[] = [];
  await new Promise<void>((r) => c.exec('echo hi', (e, ch) => { m.push('exec ' + (performance.now() - t).toFixed(1)); ch.on('exit', () => m.push('exit ' + (performance.now() - t).toFixed(1))); ch.on('data', () => m.push('data ' + (performance.now() - t).toFixed(1))); ch.stderr.resume(); ch.on('end', () => m.push('end ' + (performance.now() - t).toFixed(1))); ch.on('close', () => r()); }));
  console.log('bare', (performance.now() - t).toFixed(1), m.join(' '));
}
c.end();
await inp[Symbol.asyncDispose]();
await sshd[Symbol.asyncDispose]();
