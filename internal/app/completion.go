package app

import (
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// scripts are the completions of the shells. They ask `kith complete` for each word.
//
//go:embed completion
var scripts embed.FS

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run prints a script for a shell to read.
func (c completionCommand) Run(p *program) error {
	script, err := scripts.ReadFile("completion/kith." + c.Shell)
	if err == nil {
		_, err = p.stdout.Write(script)
	}
	return err
}

type completeCommand struct {
	Words []string `arg:"" optional:"" passthrough:"" help:"The words of the command line after kith, with the one to complete last."`
}

// Run prints what the last word may become: a line for each candidate, with a tab before its description, or filesWanted.
func (c completeCommand) Run(p *program, call *kong.Context) error {
	words := c.Words
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	for _, found := range complete(call.Model.Node, words) {
		line := found.text
		if found.about != "" {
			line += "\t" + found.about
		}
		_, _ = fmt.Fprintln(p.stdout, line)
	}
	return nil
}

// filesWanted is the candidate that means every file.
const filesWanted = ":files"

// candidate is what a word may become.
type candidate struct{ text, about string }

// complete returns the candidates for the last of the words that follow a command. A shell may pass the = of a flag as a separate word.
func complete(command *kong.Node, words []string) []candidate {
	if len(words) == 0 {
		words = []string{""}
	}
	var flag *kong.Flag // whose value comes next
	for _, word := range words[:len(words)-1] {
		switch {
		case word == "=":
		case flag != nil:
			flag = nil
		case strings.HasPrefix(word, "-"):
			if name, _, assigned := strings.Cut(word, "="); !assigned {
				if flag = flagOf(command, name); flag != nil && flag.IsBool() {
					flag = nil
				}
			}
		default:
			if next := childOf(command, word); next != nil {
				command = next
			}
		}
	}
	last := words[len(words)-1]
	if last == "=" {
		last = ""
	}
	name, value, assigned := strings.Cut(last, "=")
	switch {
	case flag != nil:
		return starting(last, "", valuesOf(flag.Value))
	case assigned && strings.HasPrefix(last, "-"):
		if flag = flagOf(command, name); flag == nil {
			return nil
		}
		return starting(value, name+"=", valuesOf(flag.Value))
	case strings.HasPrefix(last, "-"):
		return starting(last, "", flagsOf(command))
	}
	return starting(last, "", append(childrenOf(command), argumentsOf(command)...))
}

// starting are those of the candidates that start with a text, with a prefix.
func starting(text, prefix string, all []candidate) []candidate {
	var found []candidate
	for _, c := range all {
		if c.text == filesWanted {
			found = append(found, c)
		} else if strings.HasPrefix(c.text, text) {
			found = append(found, candidate{prefix + c.text, c.about})
		}
	}
	return found
}

func flagOf(command *kong.Node, name string) *kong.Flag {
	for _, group := range command.AllFlags(true) {
		for _, f := range group {
			if name == "--"+f.Name || f.Short != 0 && name == "-"+string(f.Short) {
				return f
			}
		}
	}
	return nil
}

func flagsOf(command *kong.Node) []candidate {
	var all []candidate
	for _, group := range command.AllFlags(true) {
		for _, f := range group {
			all = append(all, candidate{"--" + f.Name, firstSentence(f.Help)})
		}
	}
	return all
}

func childOf(command *kong.Node, name string) *kong.Node {
	i := slices.IndexFunc(command.Children, func(n *kong.Node) bool { return n.Type == kong.CommandNode && n.Name == name })
	if i < 0 {
		return nil
	}
	return command.Children[i]
}

func childrenOf(command *kong.Node) []candidate {
	var all []candidate
	for _, n := range command.Children {
		if n.Type == kong.CommandNode && !n.Hidden {
			all = append(all, candidate{n.Name, firstSentence(n.Help)})
		}
	}
	return all
}

// argumentsOf are the values of a command's arguments. Those of help are commands.
func argumentsOf(command *kong.Node) []candidate {
	if command.Name == "help" && command.Parent != nil {
		return childrenOf(command.Parent)
	}
	var all []candidate
	for _, v := range command.Positional {
		all = append(all, valuesOf(v)...)
	}
	return all
}

// word is an alternative of a placeholder that is meant as it is, such as on in on|off.
var word = regexp.MustCompile(`^[a-z_]+$`)

// valuesOf are the values that a flag or an argument may have, as far as they are known.
func valuesOf(v *kong.Value) []candidate {
	placeholder := v.Tag.PlaceHolder
	if placeholder == "FILE" {
		return []candidate{{text: filesWanted}}
	}
	var all []candidate
	for _, alternatives := range []string{v.Enum, strings.ReplaceAll(placeholder, "|", ",")} {
		for text := range strings.SplitSeq(alternatives, ",") {
			if word.MatchString(text) {
				all = append(all, candidate{text: text})
			}
		}
	}
	return all
}

func firstSentence(help string) string {
	first, _, _ := strings.Cut(help, ". ")
	first, _, _ = strings.Cut(first, "; ")
	return strings.TrimSuffix(first, ".")
}
