/** `gauntlet completion`: a script by which a shell completes commands and options. @module */
import { Argument, type Command } from 'commander';

/** Commands, and the options that each takes beside those of all. */
function words(command: Command): string[] {
  const options = command.options.filter(({ hidden }) => !hidden).map(({ long }) => long ?? '');
  return [...command.commands.map((each) => each.name()), ...options, '--help'].filter((word) => word !== '');
}

/** Every command by the words that lead to it. */
function commandsOf(program: Command, path: readonly string[] = []): [string, string[]][] {
  return [[path.join(' '), words(program)], ...program.commands.flatMap((each) => commandsOf(each, [...path, each.name()]))];
}

function bash(program: Command): string {
  const cases = commandsOf(program).map(([path, all]) => `    '${path}') words='${all.join(' ')}' ;;`);
  return `# Completes gauntlet in bash: eval "$(gauntlet completion bash)"
_gauntlet() {
  local word path='' words=''
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) case " $(_gauntlet_commands "$path") " in *" $word "*) path="\${path:+$path }$word" ;; esac ;; esac
  done
  words=$(_gauntlet_commands "$path")
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}")
}
_gauntlet_commands() {
  local words=''
  case "$1" in
${cases.join('\n')}
  esac
  echo "$words"
}
complete -o default -F _gauntlet gauntlet
`;
}

const zsh = (program: Command) => `# Completes gauntlet in zsh: eval "$(gauntlet completion zsh)"
autoload -Uz bashcompinit && bashcompinit
${bash(program).replace('mapfile -t COMPREPLY < <(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}")', 'COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))')}`;

function fish(program: Command): string {
  const lines = commandsOf(program).flatMap(([path, all]) => {
    const condition = path === '' ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${path.split(' ').at(-1)!}`;
    return all.map((word) => `complete -c gauntlet -f -n '${condition}' ${word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`}`);
  });
  return `# Completes gauntlet in fish: gauntlet completion fish | source\n${lines.join('\n')}\n`;
}

const SHELLS: Readonly<Record<string, (program: Command) => string>> = { bash, zsh, fish };

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a script that completes commands and options')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SHELLS)))
    .action((shell: string) => {
      process.stdout.write(SHELLS[shell]!(program));
    });
}
