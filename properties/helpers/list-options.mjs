/** Preloaded into the compiled command, it has `--help` print the options as a program sees them, hidden ones too. */
import { Command } from 'commander';

const optionsOf = (command) => command.options.map(({ short, long }) => long ?? short);

// Examples would stand behind it.
Command.prototype.addHelpText = function () {
  return this;
};

Command.prototype.helpInformation = function () {
  return JSON.stringify({
    own: optionsOf(this),
    global: this.parent ? optionsOf(this.parent) : [],
    commands: this.commands.map((command) => command.name()),
  });
};
