module fairlead.dev/sandbox/programs

go 1.26.0
