import type { RemoteProgram } from '../contracts/transport.ts';
import { OpsError } from './ops-error.ts';
import { POWERSHELL_READ, POWERSHELL_RUN } from './posix-program.ts';

/** Payload: kind, folder, number of variables, each name and value, text, arguments, `end`; a NUL after each but the last. */
const BOOTSTRAP = `
$ProgressPreference='SilentlyContinue'
${POWERSHELL_READ}
try{[Console]::OutputEncoding=New-Object Text.UTF8Encoding}catch{}
[Console]::Out.WriteLine('opsconductor-pid:'+$PID)
$i=3; for($n=[int]$p[2];$n -gt 0;$n--){[Environment]::SetEnvironmentVariable($p[$i],$p[$i+1]);$i+=2}
if($p[1]){try{Set-Location -LiteralPath $p[1] -ErrorAction Stop}catch{[Console]::Error.WriteLine('opsconductor: cannot change to the working directory '+$p[1]);exit 126}}
$t=$p[$i]; $a=@(); if($i+1 -le $p.Length-2){$a=$p[($i+1)..($p.Length-2)]}
if($p[0] -eq 'powershell'){${POWERSHELL_RUN}}
$f=Join-Path ([IO.Path]::GetTempPath()) ('opsconductor-'+[Guid]::NewGuid()+'.cmd')
[IO.File]::WriteAllText($f,$t,(New-Object Text.UTF8Encoding))
$c=1; try{$null | & $f @a; $c=$LASTEXITCODE}finally{Remove-Item -LiteralPath $f -Force}
exit $c
`;

const encodedCommand = (script: string): string => Buffer.from(script, 'utf16le').toString('base64');

const batchText = (program: RemoteProgram): string =>
  program.interpreter === 'sh' ? `@echo off\r\n${program.text}\r\n` : program.text.replaceAll(/\r?\n/g, '\r\n');

/**
 * The line to run on a Windows host, which never changes, and the input to give it. `sh` and `batch` become a temporary batch file;
 * cmd.exe knows no other way to take arguments than its argument list, so those two show their arguments (never text or environment) there.
 * @throws OpsError METHOD_UNSUPPORTED when the interpreter does not exist on Windows hosts.
 */
export const windowsProgram = (program: RemoteProgram): { commandLine: string; stdin: string } => {
  const { interpreter, environment, marker, workingDirectory } = program;
  if (interpreter !== 'powershell' && interpreter !== 'sh' && interpreter !== 'batch') {
    throw new OpsError('METHOD_UNSUPPORTED', `Programs for ${interpreter} run on POSIX targets only; use powershell or batch on this one.`);
  }
  const variables = Object.entries({ ...environment, OPSCONDUCTOR_ACTION: marker });
  const text = interpreter === 'powershell' ? program.text : batchText(program);
  const header = [
    interpreter === 'powershell' ? 'powershell' : 'batch',
    workingDirectory ?? '',
    String(variables.length),
    ...variables.flat(),
  ];
  return {
    commandLine: `powershell -NoProfile -NonInteractive -OutputFormat Text -EncodedCommand ${encodedCommand(BOOTSTRAP)}`,
    stdin: [...header, text, ...program.arguments, 'end'].join('\0'),
  };
};
