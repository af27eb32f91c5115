/** What a module could print, or somebody could call a file, to get something run or misread. */
export const hostile = [
  '<img src=x onerror=alert(1)>',
  '</script><script>alert(2)</script>',
  '<!--<script>',
  '"onload="alert(3)',
  '\u202egpj.exe',
  '\ud800',
  '\u0000\u001b[31m',
  '{{constructor.constructor("alert(4)")()}}',
].join(' ');
