#!/usr/bin/env bash
# python-calamine 0.9.1 and cells of type error (`t="e"`) in .xlsx: the seven old values read as empty text, the same as
# an empty cell; any other one, #GETTING_DATA of ECMA-376 among them, makes the whole sheet unreadable.
#
# A good guess: an error cell reads as its text ("#N/A"), and an unknown one costs that cell at most.
# Seen: '' for #N/A and its six siblings; CalamineError "Unsupported cell error value" for #GETTING_DATA and for #SPILL!.
# Other programs' exports hold such cells beside the very code that is looked for, so the product reads .xlsx itself.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check python-calamine==0.9.1
cat >"$folder/cells.py" <<'PY'
import io
import zipfile

from python_calamine import CalamineError, CalamineWorkbook

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def workbook(value: str) -> io.BytesIO:
    """Two cells: the text 131049, and an error."""
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{SHEET}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{SHEET}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="Report" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData><row r="1">'
        '<c r="A1" t="inlineStr"><is><t>131049</t></is></c>'
        f'<c r="B1" t="e"><v>{value}</v></c></row></sheetData></worksheet>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, f'<?xml version="1.0"?>{text}')
    out.seek(0)
    return out


def read(value: str) -> object:
    try:
        return CalamineWorkbook.from_filelike(workbook(value)).get_sheet_by_index(0).to_python()
    except CalamineError as error:
        return str(error)


OLD = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")
for value in (*OLD, "#GETTING_DATA", "#SPILL!"):
    print(value, read(value))
    expected = [["131049", ""]] if value in OLD else f"Unsupported cell error value '{value}'"
    assert read(value) == expected, "the behaviour has changed"
PY
echo "python-calamine 0.9.1:"
"$folder/venv/bin/python" "$folder/cells.py"
