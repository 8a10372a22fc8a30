import type { RemoteProgram } from '../contracts/transport.ts';
import { OpsError } from './ops-error.ts';
import type { FieldProblem } from './ops-error.ts';
import { batchArguments, batchProblem, batchText } from './windows-batch.ts';
import { POWERSHELL_READ, POWERSHELL_RUN } from './posix-program.ts';

/** Both read text and arguments of a file beside them: an argument list would show them, and PowerShell 5 breaks quotes in it. */
const PYTHON_MAIN = `import io,sys
p=io.open(__file__+".txt",encoding="utf-8",newline="").read().split("\\0")
sys.argv[:]=["<script>"]+p[1:]
exec(compile(p[0],"<script>","exec",0,True),{"__name__":"__main__"})`;
const NODE_MAIN = `const M=require("module"),f=require("path").join(process.cwd(),"[script]"),m=new M(f,null)
const p=require("fs").readFileSync(__filename+".txt","utf8").split("\\0")
m.filename=f;m.paths=M._nodeModulePaths(process.cwd());process.mainModule=m
process.argv=[process.execPath,f,...p.slice(1)];m._compile(p[0],f)`;

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
$u=New-Object Text.UTF8Encoding; $c=1; $b=$p[0] -eq 'batch'
$f=Join-Path ([IO.Path]::GetTempPath()) ('opsconductor-'+[Guid]::NewGuid()+$(if($b){'.cmd'}elseif($p[0] -eq 'python'){'.py'}else{'.cjs'}))
try{
if($b){
[IO.File]::WriteAllText($f,$t,$u);$g=$f
if($a){$g=$f+'.cmd';$l=[Environment]::NewLine;[IO.File]::WriteAllText($g,'@setlocal DisableDelayedExpansion'+$l+'@"'+$f.Replace('%','%%')+'" '+$a+$l,$u)}
$null | & $g;$c=$LASTEXITCODE}
else{
if($p[0] -eq 'python'){$w=@('py','python','python3');$m='${PYTHON_MAIN}';$env:PYTHONIOENCODING='utf-8'}else{$w=@('node');$m='${NODE_MAIN}'}
$x=Get-Command $w -CommandType Application -ErrorAction SilentlyContinue | Select-Object -First 1
if($x){[IO.File]::WriteAllText($f,$m,$u);[IO.File]::WriteAllText($f+'.txt',($p[$i..($p.Length-2)] -join [char]0),$u);$null | & $x.Path $f;$c=$LASTEXITCODE}
else{[Console]::Error.WriteLine('opsconductor: '+$p[0]+' is not installed on this host (looked for: '+($w -join ' ')+')');$c=127}
}}finally{Remove-Item -LiteralPath $f,($f+'.txt'),($f+'.cmd') -Force -ErrorAction SilentlyContinue}
exit $c
`;

const encodedCommand = (script: string): string => Buffer.from(script, 'utf16le').toString('base64');

/** Windows takes no longer value; PowerShell would say so and run the program without it. */
const LONGEST_VALUE = 32_766;

const problemOf = (program: RemoteProgram, isBatch: boolean): FieldProblem | undefined => {
  const long = Object.entries(program.environment).find(([, value]) => value.length > LONGEST_VALUE);
  if (long === undefined) return isBatch ? batchProblem(program) : undefined;
  const [name, { length }] = long;
  return { path: `environment.${name}`, message: `it has ${length} characters, and a variable of Windows holds ${LONGEST_VALUE} at most.` };
};

/**
 * The line to run on a Windows host, which never changes, and the input to give it. `sh` (a command for cmd.exe) and `batch` become a temporary batch
 * file, and their arguments a line of a second one that goes over to it; `python` and `javascript` files of their own.
 * @throws OpsError METHOD_UNSUPPORTED when the interpreter does not exist on Windows hosts; VALIDATION for what cmd.exe or Windows cannot take.
 */
export const windowsProgram = (program: RemoteProgram): { commandLine: string; stdin: string } => {
  const { interpreter, environment, marker, workingDirectory } = program;
  if (interpreter === 'bash')
    throw new OpsError('METHOD_UNSUPPORTED', 'Programs for bash run on POSIX targets only; use powershell or batch on this one.');
  const isBatch = interpreter === 'sh' || interpreter === 'batch';
  const problem = problemOf(program, isBatch);
  if (problem !== undefined)
    throw new OpsError('VALIDATION', `The program cannot be sent: ${problem.path}: ${problem.message}`, { fields: [problem] });
  const variables = Object.entries({ ...environment, OPSCONDUCTOR_ACTION: marker });
  const text = isBatch ? batchText(program) : program.text;
  const header = [isBatch ? 'batch' : interpreter, workingDirectory ?? '', String(variables.length), ...variables.flat()];
  const words = isBatch && program.arguments.length > 0 ? [batchArguments(program.arguments)] : program.arguments;
  return {
    commandLine: `powershell -NoProfile -NonInteractive -OutputFormat Text -EncodedCommand ${encodedCommand(BOOTSTRAP)}`,
    stdin: [...header, text, ...words, 'end'].join('\0'),
  };
};
