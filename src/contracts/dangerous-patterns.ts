/** A path that a whole system depends on, as the last thing in a word. */
const SYSTEM_PATH = String.raw`["']?\/(?:\*|(?:bin|boot|dev|etc|home|lib\w*|opt|proc|root|sbin|srv|sys|usr|var)\/?\*?)?["']?(?=[\s;|&)]|$)`;
/** The beginning of a command. */
const AT_COMMAND = String.raw`(?:^|[;&|(]|\b(?:sudo|then|do|else)\s)[ \t]*`;

/** Commands that can destroy a machine, or give it away: regular expressions, case ignored, `^` and `$` at each line. Nothing in them is unbounded. */
export const DANGEROUS_PATTERNS: readonly string[] = [
  String.raw`\brm\s(?=[^\n;|&]{0,400}-(?:[a-z]*r|-recursive))[^\n;|&]{0,400}\s${SYSTEM_PATH}`,
  String.raw`--no-preserve-root`,
  String.raw`\bsudo\s+(?:-\S+\s+){0,9}rm\b`,
  String.raw`[;&|]\s*rm\s+-[a-z]*r`,
  String.raw`\bfind\s+\/\s[^\n;|&]{0,400}-delete\b`,
  String.raw`\bch(?:mod|own)\s(?=[^\n;|&]{0,400}-(?:[a-z]*r|-recursive))[^\n;|&]{0,400}\s${SYSTEM_PATH}`,
  String.raw`\bmkfs(?:\.\w+)?\b`,
  String.raw`\b(?:fdisk|sfdisk|gdisk|sgdisk|parted|wipefs|mkswap|pvremove|vgremove|lvremove)(?=\s|$)`,
  String.raw`\bdd\s[^\n;|&]{0,400}\bof=`,
  String.raw`>\s*\/dev\/(?:sd|hd|vd|xvd|nvme|mmcblk|mem\b)`,
  String.raw`${AT_COMMAND}(?:shutdown|reboot|halt|poweroff|init[ \t]+[06]|telinit[ \t]+[06])\b`,
  String.raw`\bsystemctl\s+(?:-\S+\s+){0,9}(?:reboot|poweroff|halt|kexec|rescue|emergency)\b`,
  String.raw`\b(?:Restart|Stop)-Computer\b`,
  String.raw`\bformat(?:\.com)?\s+[a-z]:`,
  String.raw`\b(?:Format-Volume|Clear-Disk|Remove-Partition|Initialize-Disk)\b|\bdiskpart\b`,
  String.raw`\b(?:rd|rmdir|del|erase)\s[^\n&|]{0,400}\/s\b`,
  String.raw`\bRemove-Item\b(?=[^\n;|]{0,400}\s-rec)[^\n;|]{0,400}\s["']?[a-z]:\\(?:windows|users|program files)?\\?\*?["']?(?=[\s;|]|$)`,
  String.raw`:\(\)\s*\{`,
  String.raw`\b(?:curl|wget)\s[^\n;]{0,400}\|\s*(?:sudo\s+)?(?:ba|z|da|k)?sh\b`,
  String.raw`\/etc\/(?:shadow|gshadow|sudoers)\b`,
  String.raw`\\config\\(?:sam|system|security)\b`,
  String.raw`\b(?:eval|exec)\s*\(`,
  String.raw`\bos\.(?:system|popen|exec\w*)\s*\(`,
  String.raw`\bdrop\s+(?:database|schema|tablespace)\b`,
  String.raw`^\s{0,99}flush(?:all|db)\b`,
  String.raw`\bredis-cli\b[^\n;|&]{0,400}\sflush(?:all|db)(?=[\s;|&"']|$)`,
  String.raw`["']?\bdropDatabase\b`,
  String.raw`^upload of an executable\b`,
];
