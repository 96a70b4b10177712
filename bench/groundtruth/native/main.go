// Command native says, as JSON, which functions a package declares, and in which machine code of a binary they are: code of
// their own, if the linker kept it, and every function into which the compiler copied them.
//
//	native BINARY IMPORTPATH FILE...
package main

import (
	"debug/dwarf"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"sort"
	"strings"
)

// A Declared is a function of the source, by the name that the linker gives it; a function literal has none.
type Declared struct {
	Name string `json:"name"`
	File string `json:"file"`
	Line int    `json:"line"`
	End  int    `json:"end"`
}

// A Copy is the code of Function inlined into Body, by a call at Line of File.
type Copy struct {
	Function string `json:"function"`
	Body     string `json:"body"`
	File     string `json:"file"`
	Line     int    `json:"line"`
}

// A Native is what was found. Own are the functions that have code of their own.
type Native struct {
	Declared []Declared `json:"declared"`
	Own      []string   `json:"own"`
	Copies   []Copy     `json:"copies"`
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: native BINARY IMPORTPATH FILE...")
		os.Exit(2)
	}
	found := &Native{Declared: []Declared{}, Own: []string{}, Copies: []Copy{}}
	err := found.declarations(os.Args[2]+".", os.Args[3:])
	if err == nil {
		err = found.machineCode(os.Args[1], os.Args[2]+".")
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(found)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "native:", err)
		os.Exit(1)
	}
}

func (n *Native) declarations(prefix string, files []string) error {
	for _, path := range files {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		add := func(name string, node ast.Node) {
			from, to := fset.PositionFor(node.Pos(), false), fset.PositionFor(node.End(), false)
			n.Declared = append(n.Declared, Declared{name, path, from.Line, to.Line})
		}
		ast.Inspect(file, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.FuncDecl:
				add(prefix+receiver(node)+node.Name.Name, node)
			case *ast.FuncLit:
				add("", node)
			}
			return true
		})
	}
	return nil
}

// receiver is the part of a method's name in front of its own: "(*T)." or "T.", without type arguments.
func receiver(decl *ast.FuncDecl) string {
	if decl.Recv == nil || len(decl.Recv.List) == 0 {
		return ""
	}
	expr, pointer := ast.Unparen(decl.Recv.List[0].Type), false
	if star, ok := expr.(*ast.StarExpr); ok {
		expr, pointer = ast.Unparen(star.X), true
	}
	switch generic := expr.(type) {
	case *ast.IndexExpr:
		expr = generic.X
	case *ast.IndexListExpr:
		expr = generic.X
	}
	name, ok := expr.(*ast.Ident)
	switch {
	case !ok:
		return ""
	case pointer:
		return "(*" + name.Name + ")."
	}
	return name.Name + "."
}

func debugInformation(path string) (*dwarf.Data, error) {
	if file, err := elf.Open(path); err == nil {
		defer file.Close()
		return file.DWARF()
	}
	if file, err := macho.Open(path); err == nil {
		defer file.Close()
		return file.DWARF()
	}
	file, err := pe.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return file.DWARF()
}

// machineCode reads the debug information. A function that is inlined anywhere has an abstract entry with its name, to which
// its own code and its copies refer.
func (n *Native) machineCode(path, prefix string) error {
	data, err := debugInformation(path)
	if err != nil {
		return err
	}
	names := map[dwarf.Offset]string{}
	err = each(data, func(entry *dwarf.Entry) {
		if name, ok := entry.Val(dwarf.AttrName).(string); ok && entry.Tag == dwarf.TagSubprogram {
			names[entry.Offset] = plain(name)
		}
	})
	if err != nil {
		return err
	}
	own, copies := map[string]bool{}, map[Copy]bool{}
	var files []*dwarf.LineFile
	var body string
	err = each(data, func(entry *dwarf.Entry) {
		name := names[entry.Offset]
		if origin, ok := entry.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset); ok {
			name = names[origin]
		}
		switch entry.Tag {
		case dwarf.TagCompileUnit:
			files = nil
			if lines, err := data.LineReader(entry); err == nil && lines != nil {
				files = lines.Files()
			}
		case dwarf.TagSubprogram:
			if entry.Val(dwarf.AttrLowpc) == nil {
				return // Abstract.
			}
			body = name
			if strings.HasPrefix(name, prefix) {
				own[name] = true
			}
		case dwarf.TagInlinedSubroutine:
			if strings.HasPrefix(name, prefix) {
				number, _ := entry.Val(dwarf.AttrCallFile).(int64)
				line, _ := entry.Val(dwarf.AttrCallLine).(int64)
				one := Copy{Function: name, Body: body, Line: int(line)}
				if 0 <= number && int(number) < len(files) && files[number] != nil {
					one.File = files[number].Name
				}
				copies[one] = true
			}
		}
	})
	for name := range own {
		n.Own = append(n.Own, name)
	}
	for one := range copies {
		n.Copies = append(n.Copies, one)
	}
	sort.Strings(n.Own)
	sort.Slice(n.Copies, func(i, j int) bool {
		return fmt.Sprint(n.Copies[i]) < fmt.Sprint(n.Copies[j])
	})
	return err
}

// plain takes type arguments out of a name: "p.(*T[go.shape.int]).M" is "p.(*T).M".
func plain(name string) string {
	var b strings.Builder
	depth := 0
	for _, r := range name {
		switch r {
		case '[':
			depth++
		case ']':
			depth--
		default:
			if depth == 0 {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

func each(data *dwarf.Data, do func(*dwarf.Entry)) error {
	for reader := data.Reader(); ; {
		entry, err := reader.Next()
		if err != nil || entry == nil {
			return err
		}
		do(entry)
	}
}
