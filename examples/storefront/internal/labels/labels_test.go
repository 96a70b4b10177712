package labels

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestNew(t *testing.T) {
	label, err := New("DE-000123", "DE", 500)
	if err != nil {
		t.Fatal(err)
	}
	if label.Tracking != "DE-0001230" {
		t.Errorf("Tracking = %s", label.Tracking)
	}
	if _, err := New("none", "DE", 1); !errors.Is(err, ErrCode) {
		t.Errorf("got %v", err)
	}
}

func TestWriteAll(t *testing.T) {
	label, _ := New("DE-000123", "DE", 500)
	folder := t.TempDir()
	if err := WriteAll(folder, []*Label{label}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(folder, "DE-0001230.zpl"))
	if err != nil || string(data) != "^XA^FO50,50^FDDE-0001230^FS^FO50,90^FDDE 500 g^FS^XZ" {
		t.Errorf("got %q, %v", data, err)
	}
}

func BenchmarkWriteAll(b *testing.B) {
	label, err := New("DE-000123", "DE", 500)
	if err != nil {
		b.Fatal(err)
	}
	folder, labels := b.TempDir(), []*Label{label, label, label}
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		if err := WriteAll(folder, labels); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLabel(b *testing.B) {
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		label, err := New("DE-000123", "DE", 500)
		if err != nil {
			b.Fatal(err)
		}
		label.Text()
	}
}
