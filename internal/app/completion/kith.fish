# Completion of kith for fish: kith completion fish | source
function __kith_complete
	set -l words (commandline -opc) (commandline -ct)
	for line in ($words[1] complete -- $words[2..-1] 2>/dev/null)
		if test "$line" = :files
			__fish_complete_path (string replace -r '^--[^=]*=' '' -- $words[-1])
		else
			printf '%s\n' $line
		end
	end
end
complete -c kith -f -a '(__kith_complete)'
