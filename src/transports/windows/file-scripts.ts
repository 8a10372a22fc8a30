/**
 * Not all that Windows marks as a reparse point leads elsewhere: deduplicated files and those of OneDrive are files.
 * Every argument is a line of Base64, and so is every part of a file's content; a line `.` ends the content.
 */
const HEAD = `
$ErrorActionPreference='Stop'; $ProgressPreference='SilentlyContinue'
try{[Console]::OutputEncoding=New-Object Text.UTF8Encoding}catch{}
$in=New-Object IO.StreamReader([Console]::OpenStandardInput(),(New-Object Text.ASCIIEncoding))
function Read-Argument{[Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($in.ReadLine()))}
function Test-Link($p,$a){($a -band 1024) -and (Get-Item -LiteralPath $p -Force).LinkType}
[Console]::Out.WriteLine('opsconductor-pid:'+$PID)
try{
`;
/** Exit codes: 2 missing, 3 refused, 4 failed; why stands on standard error. */
const TAIL = `
exit 0
}catch{
$e=$_.Exception; while($e.InnerException){$e=$e.InnerException}
[Console]::Error.WriteLine($e.Message)
if($e -is [IO.FileNotFoundException] -or $e -is [IO.DirectoryNotFoundException] -or $e -is [Management.Automation.ItemNotFoundException]){exit 2}
if($e -is [UnauthorizedAccessException] -or $e -is [Security.SecurityException]){exit 3}
exit 4
}
`;

/** The kind is `none`, `link`, `directory` or `file`. */
const STAT = `
$p=Read-Argument
try{$a=[int][IO.File]::GetAttributes($p)}catch{
$e=$_.Exception; while($e.InnerException){$e=$e.InnerException}
if($e -is [IO.FileNotFoundException] -or $e -is [IO.DirectoryNotFoundException]){[Console]::Out.WriteLine('none 0');exit 0}
throw}
if(Test-Link $p $a){$k='link'}elseif($a -band 16){$k='directory'}else{$k='file'}
$n=0; if($k -eq 'file'){$n=(New-Object IO.FileInfo $p).Length}
[Console]::Out.WriteLine($k+' '+$n)
`;

const READ = `
$p=Read-Argument; $s=[long](Read-Argument)
$f=New-Object IO.FileStream($p,[IO.FileMode]::Open,[IO.FileAccess]::Read,[IO.FileShare]::ReadWrite)
try{
$null=$f.Seek($s,[IO.SeekOrigin]::Begin); $b=New-Object byte[] 49152
while(($n=$f.Read($b,0,$b.Length)) -gt 0){[Console]::Out.WriteLine([Convert]::ToBase64String($b,0,$n))}
}finally{$f.Close()}
[Console]::Out.WriteLine('.')
`;

const WRITE = `
$p=Read-Argument; $s=[long](Read-Argument)
if($s -eq 0){$m=[IO.FileMode]::Create}else{$m=[IO.FileMode]::OpenOrCreate}
$f=New-Object IO.FileStream($p,$m,[IO.FileAccess]::Write,[IO.FileShare]::None)
$w=[long]0
try{
$f.SetLength($s); $null=$f.Seek($s,[IO.SeekOrigin]::Begin)
for(;;){
$l=$in.ReadLine()
if($l -eq $null){throw (New-Object IO.IOException 'the content was cut short on its way')}
if($l -eq '.'){break}
$b=[Convert]::FromBase64String($l); $f.Write($b,0,$b.Length); $w+=$b.Length
}
}finally{$f.Close()}
[Console]::Out.WriteLine($w)
`;

const SHA256 = `
$p=Read-Argument; $r=[long](Read-Argument)
$f=New-Object IO.FileStream($p,[IO.FileMode]::Open,[IO.FileAccess]::Read,[IO.FileShare]::ReadWrite)
try{
$h=[Security.Cryptography.SHA256]::Create(); $b=New-Object byte[] 65536
while($r -gt 0){
$n=$f.Read($b,0,[int][Math]::Min($r,[long]$b.Length)); if($n -le 0){break}
$null=$h.TransformBlock($b,0,$n,$b,0); $r-=$n
}
$null=$h.TransformFinalBlock($b,0,0)
}finally{$f.Close()}
[Console]::Out.WriteLine([BitConverter]::ToString($h.Hash).Replace('-','').ToLower())
`;

/** As on POSIX targets: a file goes into a folder that is there under its own name; a folder becomes the destination itself. */
const DESTINATION = `
$s=Read-Argument; $d=Read-Argument; $over=Read-Argument; $keep=Read-Argument
$a=[int][IO.File]::GetAttributes($s); $tree=($a -band 16) -and -not (Test-Link $s $a)
if(-not $tree -and (Test-Path -LiteralPath $d -PathType Container)){$d=Join-Path $d (Split-Path -Leaf $s)}
$there=Test-Path -LiteralPath $d
if($there -and $over -ne 'yes'){throw (New-Object IO.IOException ($d+' is there already, and overwrite is false'))}
`;
const COPY = `${DESTINATION}
if($tree -and $there){Get-ChildItem -LiteralPath $s -Force | Copy-Item -Destination $d -Recurse -Force}
else{Copy-Item -LiteralPath $s -Destination $d -Recurse -Force}
if($keep -eq 'yes'){Set-Acl -LiteralPath $d -AclObject (Get-Acl -LiteralPath $s)}
`;
const MOVE = `${DESTINATION}
if(Test-Path -LiteralPath $d -PathType Container){throw (New-Object IO.IOException ($d+' is a folder that is there already'))}
Move-Item -LiteralPath $s -Destination $d -Force
`;

/** What may lead elsewhere is never gone into. */
const DELETE = `
$p=Read-Argument; $all=Read-Argument
$a=[int][IO.File]::GetAttributes($p)
if(($a -band 16) -and ($all -ne 'yes' -or ($a -band 1024))){[IO.Directory]::Delete($p,$false)}else{Remove-Item -LiteralPath $p -Recurse -Force}
`;

const MKDIR = `
$p=Read-Argument
$null=[IO.Directory]::CreateDirectory($p)
`;

/** Only icacls can give a file to somebody else than the caller. */
const CHOWN = `
$p=Read-Argument; $o=Read-Argument; $all=Read-Argument
$null=[IO.File]::GetAttributes($p)
$g=@($p,'/setowner',$o,'/Q'); if($all -eq 'yes'){$g+='/T'}
$ErrorActionPreference='Continue'
$m=& icacls.exe @g 2>&1 | Out-String
if($LASTEXITCODE -eq 5){throw (New-Object UnauthorizedAccessException $m)}
if($LASTEXITCODE){throw (New-Object IO.IOException $m)}
`;

const BODIES = {
  stat: STAT,
  read: READ,
  write: WRITE,
  sha256: SHA256,
  copy: COPY,
  move: MOVE,
  delete: DELETE,
  mkdir: MKDIR,
  chown: CHOWN,
} as const;

export type FileScript = keyof typeof BODIES;

/** The line that runs one of the scripts; it holds nothing of the user. */
export const fileCommandLine = (script: FileScript): string => {
  const encoded = Buffer.from(`${HEAD}${BODIES[script]}${TAIL}`, 'utf16le').toString('base64');
  return `powershell -NoProfile -NonInteractive -OutputFormat Text -EncodedCommand ${encoded}`;
};

/** An argument as the scripts read it. */
export const fileArgument = (value: string): string => `${Buffer.from(value).toString('base64')}\n`;
